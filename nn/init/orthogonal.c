/* orthogonal.c - see orthogonal.h. Normal numbers, made orthonormal by Gram-Schmidt, done twice: in place, so
 * that nothing is allocated, with sums in double. */
#include "orthogonal.h"

#include <math.h>

/* n vectors of `length` elements. Elements are `step` apart, vectors `stride`. */
#define ORTHONORMAL(T)                                                                                       \
  static void orthonormal_##T(T *x, int64_t n, int64_t length, int64_t stride, int64_t step) {               \
    for (int64_t i = 0; i < n; i++) {                                                                        \
      T *v = x + i * stride;                                                                                 \
      double norm = 0;                                                                                       \
      for (int64_t j = 0; j < 2 * i; j++) {                                                                  \
        const T *u = x + j % i * stride;                                                                     \
        double dot = 0;                                                                                      \
        for (int64_t k = 0; k < length; k++) dot += (double)u[k * step] * (double)v[k * step];               \
        for (int64_t k = 0; k < length; k++) v[k * step] -= (T)(dot * (double)u[k * step]);                  \
      }                                                                                                      \
      for (int64_t k = 0; k < length; k++) norm += (double)v[k * step] * (double)v[k * step];                \
      norm = sqrt(norm);                                                                                     \
      for (int64_t k = 0; k < length; k++) v[k * step] = (T)((double)v[k * step] / norm);                    \
    }                                                                                                        \
  }
ORTHONORMAL(float)
ORTHONORMAL(double)

static void fill(tn_rng key, tn_view out, const double *args) {
  int64_t size = tn_view_numel(&out), columns = out.rank ? out.shape[out.rank - 1] : 1;
  int64_t rows = size / columns;
  bool by_rows = rows <= columns;
  int64_t n = by_rows ? rows : columns, length = by_rows ? columns : rows;
  int64_t stride = by_rows ? columns : 1, step = by_rows ? 1 : columns;
  tn_rng_normal(key, out);
  if (out.dtype == TN_F32) orthonormal_float(out.data, n, length, stride, step);
  else orthonormal_double(out.data, n, length, stride, step);
  for (int64_t i = 0; i < size; i++) tn_set(&out, i, args[0] * tn_get(&out, i));
}

nn_initializer nn_init_orthogonal(double gain) { return (nn_initializer){fill, {gain}}; }
