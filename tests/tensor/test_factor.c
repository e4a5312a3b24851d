/* Factorisations of matrices larger than a block: products of the factors, orthogonality, every triangle and
 * stride, the same bits for any number of threads; matrices that have none. */
#include "support/same.h"
#include "tensor/factor.h"

#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { N = 130 };
static const int sizes[] = {1, 2, 7, 48, 49, N};
#define EACH_SIZE(n) for (int n##_i = 0, n = sizes[0]; n##_i < 6; n = sizes[++n##_i < 6 ? n##_i : 0])

static tn_array new_matrix(tn_dtype dtype, int64_t rows, int64_t columns) {
  tn_array a;
  cr_assert_eq(tn_array_new(NULL, dtype, 2, (int64_t[]){rows, columns}, &a), TN_OK);
  return a;
}

static tn_array random_matrix(tn_dtype dtype, int64_t rows, int64_t columns, uint32_t seed) {
  tn_array a = new_matrix(dtype, rows, columns);
  tn_rng_normal((tn_rng){.seed = seed}, a.view);
  return a;
}

static tn_array copy_of(tn_view v) {
  tn_array a = new_matrix(v.dtype, v.shape[0], v.shape[1]);
  tn_copy(a.view, v);
  return a;
}

static double at(tn_view v, int64_t i, int64_t j) { return tn_get(&v, i * v.shape[1] + j); }
static tn_view turned(tn_view v) { return tn_view_permute(v, (int[]){1, 0}); }

/* As doubles, row by row; to be freed. */
static double *values_of(tn_view v) {
  int64_t n = tn_view_numel(&v);
  double *x = calloc((size_t)n + 1, sizeof *x);
  tn_copy(tn_matrix(x, TN_F64, v.shape[0], v.shape[1]), v);
  return x;
}

/* The largest |sum over k of a[i, k] b[k, j] - c[i, j]| over the size of what is summed, in roundings of the type; c =
 * NULL: the identity. */
static double residual(tn_view a, tn_view b, const tn_view *c) {
  double worst = 0, *x = values_of(a), *y = values_of(turned(b)), *z = c ? values_of(*c) : NULL;
  int64_t depth = a.shape[1], columns = b.shape[1];
  for (int64_t i = 0; i < a.shape[0]; i++)
    for (int64_t j = 0; j < columns; j++) {
      double sum = z ? -z[i * columns + j] : -(i == j), size = 1;
      for (int64_t k = 0; k < depth; k++) {
        double product = x[i * depth + k] * y[j * depth + k];
        sum += product, size += fabs(product);
      }
      worst = fmax(worst, fabs(sum) / size);
    }
  free(x), free(y), free(z);
  return worst / (a.dtype == TN_F32 ? (double)FLT_EPSILON : DBL_EPSILON);
}

#define EACH_TYPE(t) for (int t##_i = 0, t = TN_F32; t##_i < 2; t##_i++, t = TN_F64)

static tn_array definite(tn_dtype dtype, int n) {
  tn_array x = random_matrix(dtype, n, n, 1), a = new_matrix(dtype, n, n);
  tn_gemm(1, x.view, turned(x.view), 0, a.view, 1);
  for (int i = 0; i < n; i++) tn_set(&a.view, i * n + i, at(a.view, i, i) + 1);
  tn_array_free(&x);
  return a;
}

Test(factor, cholesky) {
  EACH_TYPE(t) EACH_SIZE(n) {
    tn_array a = definite((tn_dtype)t, n), l = copy_of(a.view), again = copy_of(a.view);
    cr_assert_eq(tn_cholesky(l.view, 1), -1);
    cr_assert_eq(tn_cholesky(again.view, 3), -1);
    cr_expect_eq(same_bits(l.view, again.view), -1, "%d: threads", n);
    cr_expect(residual(l.view, turned(l.view), &a.view) < 20, "%d: %g", n,
              residual(l.view, turned(l.view), &a.view));
    for (int i = 0; i < n; i++)
      for (int j = i + 1; j < n; j++) cr_assert_eq(at(l.view, i, j), 0);
    tn_array_free(&a), tn_array_free(&l), tn_array_free(&again);
  }
}

Test(factor, cholesky_names_the_row_where_it_stops) {
  tn_array a = definite(TN_F64, N), b = copy_of(a.view);
  tn_set(&a.view, 77 * N + 77, -1);
  cr_expect_eq(tn_cholesky(a.view, 1), 77);
  tn_set(&b.view, 5 * N + 5, NAN);
  cr_expect_eq(tn_cholesky(b.view, 1), 5);
  tn_array_free(&a), tn_array_free(&b);
}

/* One triangle of a, the rest 0 (and 1 on the diagonal if unit): what is solved with. */
static tn_array triangle_of(tn_view a, bool lower, bool unit) {
  tn_array x = copy_of(a);
  for (int64_t i = 0; i < a.shape[0]; i++)
    for (int64_t j = 0; j < a.shape[0]; j++) {
      if (lower ? j > i : j < i) tn_set(&x.view, i * a.shape[0] + j, 0);
      if (unit && i == j) tn_set(&x.view, i * a.shape[0] + j, 1);
    }
  return x;
}

static void check_solve(tn_dtype dtype, int n, int columns, unsigned how) {
  bool lower = how & 1, unit = how & 2, turn_a = how & 4, turn_b = how & 8;
  tn_array a = random_matrix(dtype, n, n, 3),
           b = random_matrix(dtype, turn_b ? columns : n, turn_b ? n : columns, 4);
  for (int i = 0; i < n * n; i++) tn_set(&a.view, i, tn_get(&a.view, i) / n + (i / n == i % n) * 2);
  tn_view use = turn_a ? turned(a.view) : a.view, right = turn_b ? turned(b.view) : b.view;
  tn_array whole = triangle_of(use, lower, unit), before = copy_of(right);
  cr_expect_eq(tn_solve_triangular(use, right, lower, unit, 2), -1);
  double error = residual(whole.view, right, &before.view);
  cr_expect(error < 30, "n %d, columns %d, how %u: %g", n, columns, how, error);
  tn_array_free(&a), tn_array_free(&b), tn_array_free(&whole), tn_array_free(&before);
}

Test(factor, triangular_solve_with_every_triangle_and_stride) {
  EACH_TYPE(t) EACH_SIZE(n) for (unsigned how = 0; how < 16; how++) {
    check_solve((tn_dtype)t, n, 1, how);
    check_solve((tn_dtype)t, n, 19, how);
  }
}

Test(factor, triangular_solve_names_the_row_of_a_zero) {
  tn_array a = random_matrix(TN_F64, N, N, 3), b = random_matrix(TN_F64, N, 2, 4);
  tn_set(&a.view, 101 * N + 101, 0);
  cr_expect_eq(tn_solve_triangular(a.view, b.view, true, false, 1), 101);
  cr_expect_eq(tn_solve_triangular(a.view, b.view, true, true, 1), -1);
  tn_array_free(&a), tn_array_free(&b);
}

/* Sign of a permutation, by its cycles. */
static int sign_of(const double *order, int n) {
  bool seen[N] = {false};
  int sign = 1;
  for (int i = 0; i < n; i++)
    for (int k = i; !seen[k]; k = (int)order[k]) {
      seen[k] = true;
      if ((int)order[k] != i) sign = -sign;
    }
  return sign;
}

Test(factor, lu) {
  EACH_TYPE(t) EACH_SIZE(n) {
    double order[N] = {0}, places[N] = {0};
    tn_array a = random_matrix((tn_dtype)t, n, n, 5), lu = copy_of(a.view), again = copy_of(a.view);
    tn_view p = tn_view_of(order, TN_F64, 1, (int64_t[]){n}),
            q = tn_view_of(places, TN_F64, 1, (int64_t[]){n});
    int sign = tn_lu(lu.view, p, 1);
    cr_expect_eq(tn_lu(again.view, q, 3), sign);
    cr_expect_eq(same_bits(lu.view, again.view), -1, "%d: threads", n);
    cr_expect_eq(sign, sign_of(order, n), "%d: the sign", n);
    tn_array l = triangle_of(lu.view, true, true), u = triangle_of(lu.view, false, false),
             pa = new_matrix((tn_dtype)t, n, n);
    for (int i = 0; i < n; i++)
      for (int j = 0; j < n; j++) {
        tn_set(&pa.view, i * n + j, at(a.view, (int64_t)order[i], j));
        if (j < i) cr_assert(fabs(at(lu.view, i, j)) <= 1, "the largest is the pivot");
      }
    cr_expect(residual(l.view, u.view, &pa.view) < 20, "%d: %g", n, residual(l.view, u.view, &pa.view));
    tn_array_free(&a), tn_array_free(&lu), tn_array_free(&again);
    tn_array_free(&l), tn_array_free(&u), tn_array_free(&pa);
  }
}

Test(factor, lu_of_a_singular_matrix_has_a_zero_pivot) {
  double x[] = {1, 2, 3, 2, 4, 6, 1, 1, 1}, order[3];
  tn_lu(tn_matrix(x, TN_F64, 3, 3), tn_view_of(order, TN_F64, 1, (int64_t[]){3}), 1);
  cr_expect_eq(x[8], 0);
}

Test(factor, qr) {
  EACH_TYPE(t) EACH_SIZE(n) for (int more = 0; more < 60; more += 29) {
    tn_array a = random_matrix((tn_dtype)t, n + more, n, 6), q = copy_of(a.view),
             r = new_matrix((tn_dtype)t, n, n);
    for (int i = 0; i < (n > 5 ? n + more : 0); i++) tn_set(&a.view, i * n + 3, 0); /* one column of zeros */
    tn_copy(q.view, a.view);
    tn_qr(q.view, r.view);
    cr_expect(residual(turned(q.view), q.view, NULL) < 100, "%d: %g", n,
              residual(turned(q.view), q.view, NULL));
    cr_expect(residual(q.view, r.view, &a.view) < 100, "%d: %g", n, residual(q.view, r.view, &a.view));
    for (int i = 0; i < n; i++)
      for (int j = 0; j < i; j++) cr_assert_eq(at(r.view, i, j), 0);
    tn_array_free(&a), tn_array_free(&q), tn_array_free(&r);
  }
}

static void check_eigh(tn_view a) {
  int n = (int)a.shape[0];
  tn_array v = copy_of(a), w = new_matrix(a.dtype, 1, n), room = new_matrix(a.dtype, 1, n),
           scaled = new_matrix(a.dtype, n, n);
  cr_assert(tn_eigh(v.view, w.view, room.view));
  cr_expect(residual(turned(v.view), v.view, NULL) < 60, "%d: %g", n, residual(turned(v.view), v.view, NULL));
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) tn_set(&scaled.view, i * n + j, at(v.view, i, j) * at(w.view, 0, j));
  double largest = fmax(fabs(at(w.view, 0, 0)), fabs(at(w.view, 0, n - 1))),
         error = residual(a, v.view, &scaled.view);
  cr_expect(error < 60 * fmax(1, largest), "%d: %g", n, error);
  for (int i = 1; i < n; i++) cr_assert(at(w.view, 0, i - 1) <= at(w.view, 0, i), "ascending");
  tn_array_free(&v), tn_array_free(&w), tn_array_free(&room), tn_array_free(&scaled);
}

Test(factor, eigh) {
  EACH_TYPE(t) EACH_SIZE(n) {
    tn_array x = random_matrix((tn_dtype)t, n, n, 7), a = new_matrix((tn_dtype)t, n, n);
    for (int i = 0; i < n * n; i++)
      tn_set(&a.view, i, (at(x.view, i / n, i % n) + at(x.view, i % n, i / n)) / 2);
    check_eigh(a.view);
    for (int i = 0; i < n * n; i++)
      tn_set(&a.view, i, i / n == i % n ? (i / n) % 3 : 0); /* diagonal, values repeated */
    check_eigh(a.view);
    tn_array_free(&x), tn_array_free(&a);
  }
}

Test(factor, eigh_of_nan_does_not_converge_or_crash) {
  double x[9] = {NAN, 1, 2, 1, NAN, 3, 2, 3, NAN}, w[3], room[3];
  bool converged =
      tn_eigh(tn_matrix(x, TN_F64, 3, 3), tn_matrix(w, TN_F64, 1, 3), tn_matrix(room, TN_F64, 1, 3));
  cr_expect(!converged || isnan(w[0]));
}
