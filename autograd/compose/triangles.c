/* triangles.c - diagonals, triangular parts and the constants they need (linear.h). */
#include "autograd/autograd.h"
#include "autograd/compose/axis.h"

/* Row numbers plus k, as a column [rows, 1]. */
static ag_ref rows_from(ag_graph *g, tn_dtype dtype, int64_t rows, int64_t k) {
  return ag_offset(g, ag_reshape(g, ag_arange(g, dtype, 0, (double)rows, 1), 2, (int64_t[]){rows, 1}),
                   (double)k);
}

static bool is_matrix(ag_graph *g, const char *what, ag_ref x) {
  int rank = ag_type_of(g, x).rank;
  if (x.id && rank < 2) ag_fail(g, TN_ESHAPE, "%s: a value of rank %d is no matrix", what, rank);
  return x.id && rank >= 2;
}

/* The mask is a comparison of row and column numbers: it fuses into its reader and takes no memory. */
static ag_ref triangle(ag_graph *g, ag_ref x, int64_t k, bool lower) {
  ag_type t = ag_type_of(g, x);
  int64_t rows = t.shape[t.rank - 2], columns = t.shape[t.rank - 1];
  ag_ref row = rows_from(g, t.dtype, rows, k), column = ag_arange(g, t.dtype, 0, (double)columns, 1);
  ag_ref keep = lower ? ag_greater_equal(g, row, column) : ag_greater_equal(g, column, row);
  return ag_where(g, keep, x, ag_like(g, x, 0));
}

ag_ref ag_lower_triangle(ag_graph *g, ag_ref x, int64_t k) {
  return is_matrix(g, "lower_triangle", x) ? triangle(g, x, k, true) : (ag_ref){0};
}

ag_ref ag_upper_triangle(ag_graph *g, ag_ref x, int64_t k) {
  return is_matrix(g, "upper_triangle", x) ? triangle(g, x, k, false) : (ag_ref){0};
}

/* Moves the two axes to the end. */
static ag_ref last_two(ag_graph *g, ag_ref x, int first, int second) {
  int order[TN_MAX_RANK], n = 0, rank = ag_type_of(g, x).rank;
  for (int a = 0; a < rank; a++)
    if (a != first && a != second) order[n++] = a;
  order[n++] = first, order[n] = second;
  return first == rank - 2 && second == rank - 1 ? x : ag_transpose(g, x, order);
}

/* In the flattened matrix elements of the diagonal are one row and one element apart: windows of size 1 pick
 * them. */
ag_ref ag_diagonal(ag_graph *g, ag_ref x, int64_t k, int axis1, int axis2) {
  axis1 = ag__axis(g, "diagonal", x, axis1), axis2 = ag__axis(g, "diagonal", x, axis2);
  if (axis1 < 0 || axis2 < 0) return (ag_ref){0};
  ag_type t = ag_type_of(g, x);
  if (axis1 == axis2 || k <= -t.shape[axis1] || k >= t.shape[axis2]) {
    ag_fail(g, TN_EINVAL, "diagonal: axes %d and %d of extents %lld and %lld have no diagonal %lld", axis1,
            axis2, (long long)t.shape[axis1], (long long)t.shape[axis2], (long long)k);
    return (ag_ref){0};
  }
  int64_t rows = t.shape[axis1] + (k < 0 ? k : 0), columns = t.shape[axis2] - (k > 0 ? k : 0);
  int64_t n = rows < columns ? rows : columns;
  x = ag_slice(g, ag_slice(g, x, axis1, k < 0 ? -k : 0, n), axis2, k > 0 ? k : 0, n);
  x = last_two(g, x, axis1, axis2);
  if (!x.id) return x;
  t = ag_type_of(g, x);
  t.shape[t.rank - 2] = n * n;
  x = ag_window(g, ag_reshape(g, x, t.rank - 1, t.shape), t.rank - 2, 1, n + 1, 1, 0, 0);
  t.shape[t.rank - 2] = n;
  return ag_reshape(g, x, t.rank - 1, t.shape);
}

ag_ref ag_diagonal_matrix(ag_graph *g, ag_ref x) {
  if (!ag__given(g, "diagonal_matrix", x)) return (ag_ref){0};
  ag_type t = ag_type_of(g, x);
  if (t.rank < 1 || t.rank >= TN_MAX_RANK || t.shape[t.rank - 1] > INT32_MAX) {
    ag_fail(g, TN_ESHAPE, "diagonal_matrix: a value of rank %d is no diagonal, or a very long one", t.rank);
    return (ag_ref){0};
  }
  int64_t n = t.shape[t.rank - 1];
  t.shape[t.rank++] = 1;
  x = ag_window_add(g, ag_reshape(g, x, t.rank, t.shape), t.rank - 2, n * n, n + 1, 1, 0);
  t.shape[t.rank - 1] = n;
  return ag_reshape(g, x, t.rank, t.shape);
}

ag_ref ag_trace(ag_graph *g, ag_ref x) {
  return is_matrix(g, "trace", x) ? ag_sum_axis(g, ag_diagonal(g, x, 0, -2, -1), -1, false) : (ag_ref){0};
}
