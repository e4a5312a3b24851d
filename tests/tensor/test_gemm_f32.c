/* The f32 product: every element is a chain of fused multiply-adds in the order of k,
 * whatever the shape, the layout and the number of threads; nothing outside the result is written. Elsewhere
 * (no AVX-512) the same shapes go through BLIS and are compared to its accuracy. */
#include "tensor/gemm.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MARGIN = 3 };
static const float untouched = -12345;

/* A random [rows, columns] view, stored transposed or with a wider row. */
static tn_view random_view(int64_t rows, int64_t columns, bool transposed, const char *stream) {
  int64_t r = transposed ? columns : rows, c = (transposed ? rows : columns) + MARGIN, n = r * c;
  float *x = malloc((size_t)n * sizeof *x);
  tn_rng_normal((tn_rng){.seed = 3, .stream = tn_stream(stream)}, tn_view_of(x, TN_F32, 1, &n));
  tn_view v = tn_view_slice(tn_matrix(x, TN_F32, r, c), 1, 0, 1, c - MARGIN);
  return transposed ? tn_view_permute(v, (int[]){1, 0}) : v;
}

static void check_element(const tn_view *a, const tn_view *b, const tn_view *c, int64_t i, int64_t j,
                          bool exact) {
  int64_t n = c->shape[1], k = a->shape[1];
  float chain = 0;
  double sum = 0, size = 0, y = tn_get(c, i * n + j);
  for (int64_t t = 0; t < k; t++) {
    double p = tn_get(a, i * k + t), q = tn_get(b, t * n + j);
    chain = fmaf((float)p, (float)q, chain);
    sum += p * q, size += fabs(p * q);
  }
  cr_expect_leq(fabs(y - sum), 1.2e-7 * (double)(k + 1) * size, "[%d, %d] of inner %d", (int)i, (int)j,
                (int)k);
  if (exact) cr_expect_eq(y, chain, "[%d, %d] of inner %d: %.9g, not %.9g", (int)i, (int)j, (int)k, y, chain);
}

static void check_shape(int64_t m, int64_t n, int64_t k, bool ta, bool tb, bool exact) {
  tn_view a = random_view(m, k, ta, "a"), b = random_view(k, n, tb, "b");
  float *y = malloc((size_t)(m * (n + MARGIN)) * sizeof *y);
  tn_view c = tn_view_slice(tn_matrix(y, TN_F32, m, n + MARGIN), 1, 0, 1, n);
  for (int threads = 1; threads <= 3; threads++) {
    for (int64_t i = 0; i < m * (n + MARGIN); i++) y[i] = untouched;
    tn_gemm(1, a, b, 0, c, threads);
    for (int64_t i = 0; i < m; i++) {
      for (int64_t j = 0; j < n; j++) check_element(&a, &b, &c, i, j, exact);
      for (int64_t j = n; j < n + MARGIN; j++)
        cr_assert_eq(y[i * (n + MARGIN) + j], untouched, "written beyond the row");
    }
  }
  free(a.data), free(b.data), free(y);
}

Test(gemm_f32, is_one_chain_per_element) {
  static const int64_t extents[] = {1, 2, 3, 15, 16, 17, 40, 67}, depths[] = {1, 2, 15, 16, 17, 65};
  bool exact = tn__has_gemm_f32();
  enum { N = sizeof extents / sizeof *extents, K = sizeof depths / sizeof *depths };
  for (int i = 0; i < N * N * K * 4; i++)
    check_shape(extents[i / 4 % N], extents[i / 4 / N % N], depths[i / 4 / N / N], i & 1, i & 2, exact);
}

Test(gemm_f32, layers_of_the_network) {
  static const int64_t shapes[][3] = {{32, 300, 1000}, {300, 32, 32}, {32, 16, 512},  {700, 16, 32},
                                      {3, 5, 1025},    {401, 67, 70}, {66, 131, 400}, {37, 401, 200}};
  bool exact = tn__has_gemm_f32();
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    for (int layout = 0; layout < 4; layout++)
      check_shape(shapes[i][0], shapes[i][1], shapes[i][2], layout & 1, layout & 2, exact);
}

/* Whatever is asked for, more or less than there are tiles to fetch it with. */
Test(gemm_f32, prefetch_changes_nothing) {
  enum { M = 20, N = 70, K = 32 };
  static float x[K * M], y[K * N], z[M * N], again[M * N], memory[3][5000];
  const int64_t nx = K * M, ny = K * N;
  tn_rng_normal((tn_rng){.seed = 4, .stream = 1}, tn_view_of(x, TN_F32, 1, &nx));
  tn_rng_normal((tn_rng){.seed = 4, .stream = 2}, tn_view_of(y, TN_F32, 1, &ny));
  tn_view a = tn_view_permute(tn_matrix(x, TN_F32, K, M), (int[]){1, 0}), b = tn_matrix(y, TN_F32, K, N);
  tn_gemm(1, a, b, 0, tn_matrix(z, TN_F32, M, N), 1);
  for (int n = 1; n <= 3; n++)
    for (size_t bytes = 4; bytes <= sizeof memory[0]; bytes *= 17)
      for (int threads = 1; threads <= 2; threads++) {
        tn_prefetch next = {.from = {memory[0], memory[1], memory[2]}, .n = n, .bytes = bytes};
        memset(again, 0, sizeof again);
        tn_gemm_prefetch(1, a, b, 0, tn_matrix(again, TN_F32, M, N), threads, &next);
        cr_assert_arr_eq(again, z, sizeof z);
      }
}
