/* bench.h - what the benchmarks share: a clock, medians, tab-separated rows, and the two limits of one core
 * that the bounds are made of. */
#ifndef NABLA_BENCH_H
#define NABLA_BENCH_H

#include "tensor/tensor.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__) && defined(__gnu_linux__)
#include <immintrin.h>
#endif

/* CPU time of the calling thread: what other processes take of a shared machine is left out. */
static inline double bench_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline int bench_ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

/* Sorts the samples; afterwards x[n / 2] is the median, x[0] the smallest. */
static inline void bench_sort(double *x, int n) { qsort(x, (size_t)n, sizeof *x, bench_ascending); }

/* "name  unit  median  min  max": the row every benchmark prints, without the end of the line. */
static inline void bench_row(const char *name, const char *unit, double *x, int n) {
  bench_sort(x, n);
  printf("%s\t%s\t%.5g\t%.5g\t%.5g", name, unit, x[n / 2], x[0], x[n - 1]);
}

/* ---- limits of one core ---- */

/* Twelve independent chains of multiply-adds: more than latency times pipes. Returns flops done. */
#define BENCH_FMA_CHAINS(NAME, ATTRIBUTE, WIDTH, STEP)                                                       \
  ATTRIBUTE static inline double NAME(int64_t rounds, float *sink) {                                         \
    enum { CHAINS = 12 };                                                                                    \
    typedef float vec __attribute__((vector_size(4 * WIDTH)));                                               \
    const vec x = 0.999f - (vec){0}, y = 1e-6f - (vec){0};                                                   \
    vec acc[CHAINS];                                                                                         \
    for (int k = 0; k < CHAINS; k++) acc[k] = (float)k - (vec){0};                                           \
    for (int64_t i = 0; i < rounds; i++) { BENCH_UNROLL for (int k = 0; k < CHAINS; k++) acc[k] = STEP; }    \
    for (int k = 0; k < CHAINS; k++) *sink += acc[k][0];                                                     \
    return 2.0 * WIDTH * CHAINS * (double)rounds;                                                            \
  }

#ifdef __clang__
#define BENCH_UNROLL _Pragma("clang loop unroll(full)")
#else
#define BENCH_UNROLL _Pragma("GCC unroll 12")
#endif

BENCH_FMA_CHAINS(bench_fma_baseline, , 4, acc[k] * x + y)
#if defined(__x86_64__) && defined(__gnu_linux__)
BENCH_FMA_CHAINS(bench_fma_avx2, __attribute__((target("avx2,fma"))), 8, _mm256_fmadd_ps(acc[k], x, y))
BENCH_FMA_CHAINS(bench_fma_avx512, __attribute__((target("avx512f"))), 16, _mm512_fmadd_ps(acc[k], x, y))
#endif

/* GFLOP/s in f32 with the instruction set that the library uses (NABLA_ISA); in f64 half of it. */
static inline double bench_fma_rate(int64_t rounds) {
  float sink = 0;
  const double start = bench_now();
  double flops;
#if defined(__x86_64__) && defined(__gnu_linux__)
  const char *isa = tn_simd_name();
  if (!strcmp(isa, "avx512")) flops = bench_fma_avx512(rounds, &sink);
  else if (!strcmp(isa, "avx2")) flops = bench_fma_avx2(rounds, &sink);
  else flops = bench_fma_baseline(rounds, &sink);
#else
  flops = bench_fma_baseline(rounds, &sink);
#endif
  const double seconds = bench_now() - start;
  if (sink == 1) fprintf(stderr, " "); /* the work must not be left out */
  return flops / seconds * 1e-9;
}

__attribute__((noinline)) static void bench_triad(float *restrict a, const float *restrict b,
                                                  const float *restrict c, int64_t n) {
  for (int64_t i = 0; i < n; i++) a[i] = b[i] + 0.5f * c[i];
}

/* GB/s of a[i] = b[i] + s c[i], counting two reads and a write, over three arrays of `bytes` in all. */
static inline double bench_triad_rate(float *memory, size_t bytes, int repeats) {
  int64_t n = (int64_t)(bytes / 3 / sizeof(float)) & ~INT64_C(15);
  float *a = memory, *b = a + n, *c = b + n;
  bench_triad(a, b, c, n);
  double start = bench_now();
  for (int r = 0; r < repeats; r++) bench_triad(a, b, c, n);
  return 12.0 * (double)n * repeats / (bench_now() - start) * 1e-9;
}

#endif
