/* f64_neon.c - products in f64 for AArch64. */
#include "tensor/kernels/product.h"

#ifdef __aarch64__
#include <arm_neon.h>

#define MULTIPLY tn__multiply_f64_neon
#define CONVOLVE tn__conv_f64_neon
#define T        double
#define W        2
#define ISA
#define FMA(X, Y, Z) vfmaq_f64(Z, X, Y)
#define HIGH         8
#define TO_HIGH      TN__TO_8
#define TO_TWICE     TN__TO_16
#define PANEL        8
#include "tensor/kernels/product.inc"

#include "tensor/kernels/conv.inc" /* uses definitions of product.inc */
#endif
