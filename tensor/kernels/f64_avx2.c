/* f64_avx2.c - products in f64 for AVX2 with FMA. */
#include "tensor/kernels/product.h"

#if defined(__x86_64__) && defined(__gnu_linux__)
#include <immintrin.h>

#define MULTIPLY tn__multiply_f64_avx2
#define CONVOLVE tn__conv_f64_avx2
#define T        double
#define W        4
#define ISA      __attribute__((target("avx2,fma,prfchw")))
#define FMA      _mm256_fmadd_pd

#ifndef TN__CHECKS_MEMORY
/* The first N of four ones. */
static const int64_t tn__ones[8] = {-1, -1, -1, -1};
#define MASK         __m256i
#define FIRST(N)     _mm256_loadu_si256((const __m256i_u *)(tn__ones + W - (N)))
#define SOME(M, X)   _mm256_maskload_pd(X, M)
#define PUT(M, X, Y) _mm256_maskstore_pd(X, M, Y)
#endif

#define HIGH     6
#define TO_HIGH  TN__TO_6
#define TO_TWICE TN__TO_12
#define PANEL    12
#include "tensor/kernels/product.inc"

#include "tensor/kernels/conv.inc" /* uses definitions of product.inc */
#endif
