/* f32_neon.c - products in f32 for AArch64. */
#include "tensor/kernels/product.h"

#ifdef __aarch64__
#include <arm_neon.h>

#define MULTIPLY tn__multiply_f32_neon
#define CONVOLVE tn__conv_f32_neon
#define T        float
#define W        4
#define ISA
#define FMA(X, Y, Z) vfmaq_f32(Z, X, Y)
#define HIGH         8
#define TO_HIGH      TN__TO_8
#define TO_TWICE     TN__TO_16
#define PANEL        8
#include "tensor/kernels/product.inc"

#include "tensor/kernels/conv.inc" /* uses definitions of product.inc */
#endif
