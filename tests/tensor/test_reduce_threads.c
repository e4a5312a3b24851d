/* Reductions on threads: the same bits as on one; sums of many short rows against f64; maxima with NaN. */
#include "support/same.h"
#include "tensor/threads.h"

#include <criterion/criterion.h>
#include <math.h>

static tn_array random_array(tn_dtype dtype, int rank, const int64_t *shape) {
  tn_array a;
  cr_assert_eq(tn_array_new(NULL, dtype, rank, shape, &a), TN_OK);
  tn_rng_normal((tn_rng){.seed = 5}, a.view);
  return a;
}

static void compare(tn_dtype dtype, int rank, const int64_t *shape, unsigned axes) {
  tn_array in = random_array(dtype, rank, shape), one, many;
  int64_t kept[TN_MAX_RANK];
  for (int a = 0; a < rank; a++) kept[a] = axes >> a & 1 ? 1 : shape[a];
  cr_assert_eq(tn_array_new(NULL, dtype, rank, kept, &one), TN_OK);
  cr_assert_eq(tn_array_new(NULL, dtype, rank, kept, &many), TN_OK);
  for (int op = 0; op < 3; op++) {
    tn_reduction what = (tn_reduction[]){TN_SUM, TN_MAX, TN_SUM_SQUARES}[op];
    tn_reduce(what, in.view, axes, one.view);
    for (int threads = 2; threads < 5; threads++) {
      tn__reduce(what, in.view, axes, many.view, threads);
      cr_expect_eq(same_bits(one.view, many.view), -1, "op %d, axes %u, %d threads", op, axes, threads);
    }
  }
  tn_array_free(&in), tn_array_free(&one), tn_array_free(&many);
}

Test(reduce_threads, same_bits) {
  for (int f32 = 0; f32 < 2; f32++) {
    tn_dtype t = f32 ? TN_F32 : TN_F64;
    compare(t, 2, (int64_t[]){20000, 16}, 1);
    compare(t, 2, (int64_t[]){9001, 20}, 1);
    compare(t, 2, (int64_t[]){8192, 128}, 1);
    compare(t, 2, (int64_t[]){700, 300}, 2);
    compare(t, 2, (int64_t[]){3, 30000}, 2);
    compare(t, 3, (int64_t[]){7, 90, 100}, 2);
    compare(t, 3, (int64_t[]){70, 9, 100}, 5);
    compare(t, 1, (int64_t[]){100000}, 1);
    compare(t, 1, (int64_t[]){40000}, 0);
  }
}

Test(reduce_threads, sums_of_many_short_rows) {
  static const int64_t columns[] = {1, 3, 16, 20, 48, 127, 128, 200};
  for (int k = 0; k < 8; k++)
    for (int64_t rows = 100; rows < 30000; rows = rows * 12 + 1) {
      tn_array in = random_array(TN_F32, 2, (int64_t[]){rows, columns[k]}), out;
      cr_assert_eq(tn_array_new(NULL, TN_F32, 1, &columns[k], &out), TN_OK);
      tn_reduce(TN_SUM, in.view, 1, out.view);
      for (int64_t j = 0; j < columns[k]; j++) {
        double sum = 0;
        for (int64_t r = 0; r < rows; r++) sum += (double)((const float *)in.view.data)[r * columns[k] + j];
        cr_expect_float_eq((double)((const float *)out.view.data)[j], sum, 1e-5 * sqrt((double)rows) * 20);
      }
      tn_array_free(&in), tn_array_free(&out);
    }
}

Test(reduce_threads, maxima_of_rows) {
  for (int n = 1; n < 70; n++)
    for (int at = -1; at < n; at++) {
      float x[70], y = 0, best = -INFINITY;
      for (int i = 0; i < n; i++) x[i] = (float)((i * 37) % 61) - 50;
      if (at >= 0) x[at] = NAN;
      for (int i = 0; i < n; i++) best = x[i] > best ? x[i] : best;
      tn_reduce(TN_MAX, tn_view_of(x, TN_F32, 1, (int64_t[]){n}), 1, tn_view_of(&y, TN_F32, 0, NULL));
      if (at >= 0) cr_expect(isnan(y), "%d of %d", at, n);
      else cr_expect_eq(y, best, "%d: %g", n, (double)y);
    }
}
