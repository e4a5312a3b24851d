/* thread.c - one parallel loop. */
#include "tensor/tensor.h"

#ifdef _OPENMP
#include <omp.h>
#endif

int tn_max_threads(void) {
#ifdef _OPENMP
  return omp_get_max_threads();
#else
  return 1;
#endif
}

void tn_parallel_for(int64_t n, int threads, void (*fn)(void *ctx, int64_t i), void *ctx) {
#ifdef _OPENMP
  if (threads <= 0) threads = omp_get_max_threads();
  if (threads > n) threads = (int)n;
  if (threads > 1 && !omp_in_parallel()) {
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int64_t i = 0; i < n; i++) fn(ctx, i);
    return;
  }
#else
  (void)threads;
#endif
  for (int64_t i = 0; i < n; i++) fn(ctx, i);
}
