/* The dense kernels against naive loops: matrix products and reductions. */
#include "support/draw.h"
#include "support/same.h"
#include "tensor/tensor.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void fill_uniform(draw *d, tn_view v) {
  for (int64_t i = 0, n = tn_view_numel(&v); i < n; i++)
    tn_set(&v, i, 4 * ((double)(draw_bits(d) >> 11) * 0x1p-53) - 2);
}

/* ---- matrix products ---- */

enum layout {
  ROWS,
  COLUMNS,
  PADDED,
  STRIDED,
  REVERSED,
  LAYOUTS,
  REPEATED = LAYOUTS /* one row over and over: operands only */
};

/* An r x c matrix in some layout, inside `memory` of at least 8 (r + 3) (c + 3) elements. */
static tn_view matrix_in(void *memory, tn_dtype dtype, int64_t r, int64_t c, enum layout layout) {
  tn_view v = tn_matrix(memory, dtype, r, c);
  int64_t last = (r ? r - 1 : 0) * c + (c ? c - 1 : 0);
  if (layout == COLUMNS) v.stride[0] = 1, v.stride[1] = r;
  if (layout == PADDED) v.stride[0] = c + 3;
  if (layout == STRIDED) v.stride[0] = 2 * (c + 1), v.stride[1] = 2;
  if (layout == REPEATED) v.stride[0] = 0;
  if (layout == REVERSED) {
    v.data = (char *)memory + last * (int64_t)tn_dtype_size(dtype);
    v.stride[0] = -c, v.stride[1] = -1;
  }
  return v;
}

static void naive_gemm(double alpha, const tn_view *a, const tn_view *b, double beta, double *c) {
  int64_t m = a->shape[0], k = a->shape[1], n = b->shape[1];
  for (int64_t i = 0; i < m; i++)
    for (int64_t j = 0; j < n; j++) {
      long double sum = 0;
      for (int64_t t = 0; t < k; t++) sum += (long double)tn_get(a, i * k + t) * tn_get(b, t * n + j);
      c[i * n + j] = (double)(alpha * sum + (beta == 0 ? 0 : beta * (long double)c[i * n + j]));
    }
}

/* One product in given layouts, with one and two threads: right, and the same bits. */
static void check_gemm(draw *d, tn_dtype dtype, int64_t m, int64_t n, int64_t k, const enum layout *l,
                       double beta) {
  int64_t room = 8 * (int64_t)sizeof(double);
  void *ma = calloc((size_t)((m + 3) * (k + 3)), (size_t)room),
       *mb = calloc((size_t)((k + 3) * (n + 3)), (size_t)room);
  void *mc[2];
  double *want = calloc((size_t)(m * n + 1), sizeof *want), alpha = draw_chance(d, 50) ? 1 : -0.5;
  tn_view a = matrix_in(ma, dtype, m, k, l[0]), b = matrix_in(mb, dtype, k, n, l[1]), c[2];
  fill_uniform(d, a), fill_uniform(d, b);
  for (int t = 0; t < 2; t++) {
    mc[t] = calloc((size_t)((m + 3) * (n + 3)), (size_t)room);
    c[t] = matrix_in(mc[t], dtype, m, n, l[2]);
  }
  fill_uniform(d, c[0]);
  tn_copy(c[1], c[0]);
  for (int64_t i = 0; i < m * n; i++) want[i] = tn_get(&c[0], i);
  if (beta == 0) tn_fill(c[0], NAN), tn_fill(c[1], NAN); /* never read */
  naive_gemm(alpha, &a, &b, beta, want);
  for (int t = 0; t < 2; t++) tn_gemm(alpha, a, b, beta, c[t], t + 1);
  double error = largest_error(c[0], tn_matrix(want, TN_F64, m, n));
  cr_assert(error < (dtype == TN_F32 ? 1e-6 : 2e-15) * (double)(k + 4),
            "%s %ldx%ldx%ld layouts %d%d%d beta %g: %g", tn_dtype_name(dtype), (long)m, (long)n, (long)k,
            l[0], l[1], l[2], beta, error);
  for (int64_t i = 0; i < m * n; i++) {
    double x = tn_get(&c[0], i), y = tn_get(&c[1], i);
    cr_expect_eq(memcmp(&x, &y, sizeof x), 0,
                 "other bits with two threads: %s %ldx%ldx%ld layouts %d%d%d beta %g alpha %g",
                 tn_dtype_name(dtype), (long)m, (long)n, (long)k, l[0], l[1], l[2], beta, alpha);
  }
  free(ma), free(mb), free(mc[0]), free(mc[1]), free(want);
}

/* All shapes from a few extents, 0 and 1 among them; layouts and beta drawn. 2 x 8^3 products. */
Test(gemm, against_naive) {
  const int64_t extents[] = {0, 1, 2, 5, 8, 17, 33, 70};
  enum { N = sizeof extents / sizeof *extents };
  draw d = {.seed = 2};
  for (int i = 0; i < 2 * N * N * N; i++) {
    enum layout l[3];
    for (int k = 0; k < 3; k++) l[k] = (enum layout)draw_below(&d, k < 2 ? LAYOUTS + 1 : LAYOUTS);
    double beta = (double[]){0, 1, -0.75}[draw_below(&d, 3)];
    check_gemm(&d, i % 2 ? TN_F64 : TN_F32, extents[i / 2 % N], extents[i / 2 / N % N],
               extents[i / 2 / N / N], l, beta);
  }
}

Test(gemm, large_enough_to_split) {
  draw d = {.seed = 3};
  const int64_t shapes[][3] = {{300, 260, 310}, {32, 512, 1000}, {1000, 512, 32},
                               {600, 2, 128},   {1, 700, 600},   {700, 1, 600}};
  for (int i = 0; i < 12; i++)
    check_gemm(&d, i % 2 ? TN_F64 : TN_F32, shapes[i / 2][0], shapes[i / 2][1], shapes[i / 2][2],
               (enum layout[]){(enum layout)(i / 2 % 2), ROWS, ROWS}, 0);
}

/* ---- reductions ---- */

static void naive_reduce(tn_reduction op, const tn_view *in, unsigned axes, const tn_view *out) {
  long double *sum = calloc((size_t)tn_view_numel(out) + 1, sizeof *sum);
  for (int64_t i = 0, n = tn_view_numel(out); i < n; i++) sum[i] = op == TN_MAX ? -(long double)INFINITY : 0;
  for (int64_t i = 0, n = tn_view_numel(in); i < n; i++) {
    int64_t rest = i, at = 0, step = 1;
    for (int a = in->rank - 1; a >= 0; a--) {
      if (!(axes >> a & 1)) at += rest % in->shape[a] * step, step *= in->shape[a];
      rest /= in->shape[a];
    }
    long double x = tn_get(in, i), *s = &sum[at];
    if (op == TN_MAX) *s = isnan(*s) || *s > x ? *s : x;
    else *s += op == TN_SUM ? x : x * x;
  }
  for (int64_t i = 0, n = tn_view_numel(out); i < n; i++) tn_set(out, i, (double)sum[i]);
  free(sum);
}

static tn_view kept_shape(void *data, const tn_view *in, unsigned axes) {
  int64_t shape[TN_MAX_RANK];
  for (int a = 0; a < in->rank; a++) shape[a] = axes >> a & 1 ? 1 : in->shape[a];
  return tn_view_of(data, in->dtype, in->rank, shape);
}

/* Every subset of the axes of one input, three reductions; the same bits again on a copy at an odd address
 * (aligned to the element only). */
static void check_reductions(draw *d, tn_dtype dtype, int rank, const int64_t *shape, bool with_nan) {
  size_t n = (size_t)tn_numel(rank, shape), room = 9, size = tn_dtype_size(dtype);
  for (int a = 0; a < rank; a++)
    room *= (size_t)(shape[a] ? shape[a] : 1); /* nothing may reduce to something */
  char *x = calloc(room, size), *shifted = calloc(room, size), *y = calloc(room, size),
       *z = calloc(room, size), *want = calloc(room, size);
  tn_view in = tn_view_of(x, dtype, rank, shape), again = tn_view_of(shifted + 3 * size, dtype, rank, shape);
  fill_uniform(d, in);
  if (with_nan && n) tn_set(&in, draw_below(d, (int)n), NAN);
  tn_copy(again, in);
  for (unsigned axes = 0; axes < 1u << rank; axes++)
    for (tn_reduction op = TN_SUM; op <= TN_SUM_SQUARES; op++) {
      tn_view out = kept_shape(y, &in, axes), out2 = kept_shape(z + size, &in, axes),
              ref = kept_shape(want, &in, axes);
      tn_reduce(op, in, axes, out);
      tn_reduce(op, again, axes, out2);
      naive_reduce(op, &in, axes, &ref);
      double error = largest_error(out, ref), terms = (double)n;
      double bound = op == TN_MAX ? 0 : (dtype == TN_F32 ? 2e-7 : 4e-16) * (terms + 10);
      cr_assert(error <= bound, "op %d, axes %u, error %g", op, axes, error);
      cr_assert_eq(same_bits(out, out2), -1, "op %d, axes %u: the address changed the bits", op, axes);
    }
  free(x), free(shifted), free(y), free(z), free(want);
}

Test(reduce, against_naive) {
  draw d = {.seed = 4};
  const int64_t choices[] = {0, 1, 2, 3, 7, 16, 19};
  for (int round = 0; round < 150; round++) {
    int rank = draw_below(&d, 5);
    int64_t shape[4];
    for (int a = 0; a < rank; a++) shape[a] = choices[1 + draw_below(&d, 6)];
    if (rank && draw_chance(&d, 15)) shape[draw_below(&d, rank)] = 0;
    check_reductions(&d, round % 2 ? TN_F64 : TN_F32, rank, shape, draw_chance(&d, 30));
  }
}

Test(reduce, long_axes) {
  draw d = {.seed = 5};
  const int64_t shapes[][2] = {{3, 513}, {2, 4099}, {1, 511}, {700, 3}, {2, 1024}};
  for (int i = 0; i < 10; i++) check_reductions(&d, i % 2 ? TN_F64 : TN_F32, 2, shapes[i / 2], false);
}

/* Short rows are summed several at a time: with the bits that each has alone. */
Test(reduce, rows_together_or_alone) {
  enum { HIGH = 11, MOST = 528 };
  static float x[HIGH * MOST];
  draw d = {.seed = 6};
  fill_uniform(&d, tn_matrix(x, TN_F32, HIGH, MOST));
  for (int64_t n = 16; n <= MOST; n += 8)
    for (tn_reduction op = TN_SUM; op <= TN_SUM_SQUARES; op++) {
      float together[HIGH], alone;
      tn_reduce(op, tn_matrix(x, TN_F32, HIGH, n), 2, tn_matrix(together, TN_F32, HIGH, 1));
      for (int r = 0; r < HIGH; r++) {
        tn_reduce(op, tn_matrix(x + r * n, TN_F32, 1, n), 2, tn_matrix(&alone, TN_F32, 1, 1));
        cr_assert(together[r] == alone, "op %d, row %d of %d: %a and %a", (int)op, r, (int)n,
                  (double)together[r], (double)alone);
      }
    }
}

/* 2^24 + 1 + 1 + ...: a running f32 sum stays at 2^24, the tree does not. */
Test(reduce, tree_is_accurate) {
  enum { N = 1 << 20 };
  float *x = malloc(N * sizeof *x), y;
  for (int i = 0; i < N; i++) x[i] = 0.1f;
  tn_reduce(TN_SUM, tn_view_of(x, TN_F32, 1, (int64_t[]){N}), 1, tn_view_of(&y, TN_F32, 1, (int64_t[]){1}));
  cr_expect_float_eq(y, N * (double)0.1f, 0.5, "%f", (double)y);
  free(x);
}

Test(reduce, nothing_and_nan) {
  float x[] = {1, NAN, 3, -INFINITY}, y[3];
  tn_reduce(TN_MAX, tn_view_of(x, TN_F32, 1, (int64_t[]){4}), 1, tn_view_of(y, TN_F32, 1, (int64_t[]){1}));
  cr_expect(isnan(y[0]), "a maximum propagates NaN");
  tn_reduce(TN_MAX, tn_view_of(x, TN_F32, 2, (int64_t[]){3, 0}), 2,
            tn_view_of(y, TN_F32, 2, (int64_t[]){3, 1}));
  cr_expect(y[0] == -INFINITY && y[2] == -INFINITY);
  tn_reduce(TN_SUM, tn_view_of(x, TN_F32, 2, (int64_t[]){3, 0}), 2,
            tn_view_of(y, TN_F32, 2, (int64_t[]){3, 1}));
  cr_expect(y[0] == 0 && y[2] == 0);
  tn_reduce(TN_SUM_SQUARES, tn_scalar(&x[2], TN_F32), 0, tn_scalar(y, TN_F32));
  cr_expect_eq(y[0], 9);
}
