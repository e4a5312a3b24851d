/* product.h - the matrix product by instruction set (not installed). Each file beside this one includes
 * product.inc once for f32 and once for f64, with the vectors of its instruction set. */
#ifndef NABLA_KERNELS_PRODUCT_H
#define NABLA_KERNELS_PRODUCT_H

#include "tensor/isa.h"

/* c = alpha a b + beta c for [m, k] [k, n] [m, n]; strides in elements, of any sign. Each element is one
 * chain of multiply-adds in the order of k (fused where the instruction set has them), then scaled: its bits
 * depend on its row of a and its column of b alone. beta = 0 never reads c. Nothing is allocated. */
typedef struct tn__product {
  double alpha, beta;
  const void *a, *b;
  void *c;
  int64_t m, n, k;
  int64_t ars, acs, brs, bcs, crs, ccs; /* strides between rows and between columns */
  const tn_prefetch *next;              /* or NULL */
} tn__product;

typedef void tn__multiply(const tn__product *p);

tn__multiply tn__multiply_f32_baseline, tn__multiply_f64_baseline;
#if defined(__x86_64__) && defined(__gnu_linux__)
tn__multiply tn__multiply_f32_avx2, tn__multiply_f64_avx2, tn__multiply_f32_avx512, tn__multiply_f64_avx512;
#endif
#ifdef __aarch64__
tn__multiply tn__multiply_f32_neon, tn__multiply_f64_neon;
#endif

/* X(1) X(2) ... for the heights of tiles. */
#define TN__TO_6(X)  X(1) X(2) X(3) X(4) X(5) X(6)
#define TN__TO_8(X)  TN__TO_6(X) X(7) X(8)
#define TN__TO_12(X) TN__TO_8(X) X(9) X(10) X(11) X(12)
#define TN__TO_16(X) TN__TO_12(X) X(13) X(14) X(15) X(16)

/* MemorySanitizer does not know that masked loads and stores of AVX2 skip elements. */
#ifdef __has_feature
#if __has_feature(memory_sanitizer)
#define TN__CHECKS_MEMORY
#endif
#endif

#endif
