/* f64_baseline.c - products in f64 for any CPU. */
#define MULTIPLY tn__multiply_f64_baseline
#define CONVOLVE tn__conv_f64_baseline
#define T        double
#define W        2
#define ISA
#define HIGH     6
#define TO_HIGH  TN__TO_6
#define TO_TWICE TN__TO_12
#define PANEL    12
#include "tensor/kernels/product.inc"

#include "tensor/kernels/conv.inc" /* uses definitions of product.inc */
