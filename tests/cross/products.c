/* The kernels of tensor/kernels for AArch64, without the rest of the library: every element is a chain of
 * multiply-adds in the order of k, to the bit. Prints what it compared; exit code 1 at a difference. */
#include "tensor/kernels/product.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 1 << 16 };

static uint32_t state = 1;
static double next(void) {
  state = state * 1664525u + 1013904223u;
  return (double)(state >> 8) / (1 << 23) - 1;
}

#define CHECK(T, FMA)                                                                                        \
  static int check_##T(tn__multiply *multiply, const tn__product *shape, int fused) {                        \
    static T a[MOST], b[MOST], c[MOST], before[MOST];                                                        \
    tn__product p = *shape;                                                                                  \
    for (int i = 0; i < MOST; i++) a[i] = (T)next(), b[i] = (T)next(), before[i] = c[i] = (T)next();         \
    p.a = a, p.b = b, p.c = c;                                                                               \
    multiply(&p);                                                                                            \
    for (int64_t i = 0; i < p.m; i++)                                                                        \
      for (int64_t j = 0; j < p.n; j++) {                                                                    \
        const int64_t at = i * p.crs + j * p.ccs;                                                            \
        T sum = 0;                                                                                           \
        for (int64_t t = 0; t < p.k; t++) {                                                                  \
          const T x = a[i * p.ars + t * p.acs], y = b[t * p.brs + j * p.bcs];                                \
          sum = fused ? FMA(x, y, sum) : sum + x * y;                                                        \
        }                                                                                                    \
        sum = p.beta == 0 ? (T)p.alpha * sum : (T)p.alpha * sum + (T)p.beta * before[at];                    \
        if (memcmp(&sum, &c[at], sizeof sum) != 0) return 1;                                                 \
        c[at] = before[at];                                                                                  \
      }                                                                                                      \
    return memcmp(c, before, sizeof c) != 0; /* nothing else was written */                                  \
  }
CHECK(float, fmaf)
CHECK(double, fma)

int main(void) {
  static const int64_t shapes[][3] = {{1, 1, 1},     {3, 5, 7},     {16, 16, 16}, {33, 17, 65}, {32, 40, 300},
                                      {80, 90, 193}, {450, 33, 65}, {2, 200, 70}, {200, 2, 70}, {7, 9, 0}};
  int compared = 0, failed = 0;
  for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
    for (int layout = 0; layout < 16; layout++) {
      const int64_t m = shapes[s][0], n = shapes[s][1], k = shapes[s][2];
      const tn__product p = {.alpha = layout & 8 ? -0.5 : 1,
                             .beta = layout & 8 ? 2 : 0,
                             .m = m,
                             .n = n,
                             .k = k,
                             .ars = layout & 1 ? 1 : k + 3,
                             .acs = layout & 1 ? m + 3 : 1,
                             .brs = layout & 2 ? 1 : n + 3,
                             .bcs = layout & 2 ? k + 3 : 1,
                             .crs = layout & 4 ? 2 * n + 5 : n + 3,
                             .ccs = layout & 4 ? 2 : 1};
      failed += check_float(tn__multiply_f32_neon, &p, 1) + check_double(tn__multiply_f64_neon, &p, 1);
      failed +=
          check_float(tn__multiply_f32_baseline, &p, 0) + check_double(tn__multiply_f64_baseline, &p, 0);
      compared += 4;
    }
  printf("%d products compared, %d differ\n", compared, failed);
  return failed != 0;
}
