/* f32_baseline.c - products in f32 for any CPU. */
#define MULTIPLY tn__multiply_f32_baseline
#define CONVOLVE tn__conv_f32_baseline
#define T        float
#define W        4
#define ISA
#define HIGH     6
#define TO_HIGH  TN__TO_6
#define TO_TWICE TN__TO_12
#define PANEL    12
#include "tensor/kernels/product.inc"

#include "tensor/kernels/conv.inc" /* uses definitions of product.inc */
