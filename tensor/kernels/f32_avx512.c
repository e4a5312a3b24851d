/* f32_avx512.c - products in f32 for AVX-512. */
#include "tensor/kernels/product.h"

#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(NABLA_WITHOUT_AVX512)
#include <immintrin.h>

#define MULTIPLY     tn__multiply_f32_avx512
#define CONVOLVE     tn__conv_f32_avx512
#define NARROWER     tn__conv_f32_avx2
#define T            float
#define W            16
#define ISA          __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx2,fma,prfchw")))
#define FMA          _mm512_fmadd_ps
#define MASK         __mmask16
#define FIRST(N)     ((__mmask16)(0xffffu >> (16 - (N))))
#define SOME         _mm512_maskz_loadu_ps
#define PUT(M, X, Y) _mm512_mask_storeu_ps(X, M, Y)
#define HIGH         8
#define TO_HIGH      TN__TO_8
#define TO_TWICE     TN__TO_16
#define PANEL        16
#include "tensor/kernels/product.inc"

#include "tensor/kernels/conv.inc" /* uses definitions of product.inc */
#endif
