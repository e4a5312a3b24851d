/* opinfo_index.h - rows of opinfo.def: elements replaced by index, and compositions of several kinds. */
#ifndef NABLA_OPINFO_INDEX_H
#define NABLA_OPINFO_INDEX_H

#include "opinfo_more.h"

/* ---- overwriting ---- */

static inline ag_ref index_fill_row(const sample *s) { /* dim, index, value */
  ag_ref x = VECTOR, index = vector(s, T(2, "index"));
  int axis = AXIS(1, "dim", 0);
  ag_type t = ag_type_of(s->g, x);
  t.shape[axis] = count(s, index);
  return SCALAR(ag_index_copy(s->g, x, axis, index, ag_broadcast(s->g, T(3, "value"), t.rank, t.shape)));
}
static inline ag_ref scatter_row(sample *s) { /* dim, index, src or value */
  ag_graph *g = s->g;
  ag_ref x = X, index = T(2, "index"), y = T(3, "src");
  if (rank(s, x) == 0) return refuse(s, "a scalar");
  if (is(s, -1, "reduce", "multiply")) return refuse(s, "products by row");
  if (!y.id || rank(s, y) == 0) y = expand_like(s, y.id ? y : T(-1, "value"), index);
  return is(s, -1, "reduce", "add") ? ag_put_along_axis_add(g, x, index, y, AXIS(1, "dim", 0))
                                    : ag_put_along_axis(g, x, index, y, AXIS(1, "dim", 0));
}
static inline ag_ref put_flat(const sample *s, ag_ref x, ag_ref index, ag_ref y, bool add) {
  ag_ref all = flat(s, x), at = flat(s, index), with = flat(s, y);
  return like_shape(s, add ? ag_index_add(s->g, all, 0, at, with) : ag_index_copy(s->g, all, 0, at, with), x);
}
static inline ag_ref put_row(const sample *s) {
  return put_flat(s, X, wrapped(s, B, count(s, X)), T(2, "source"), flag(s, 3, "accumulate", false));
}
static inline ag_ref index_put_row(sample *s) { /* indices, values, accumulate */
  ag_ref index[INPUTS], y = T(2, "values"), x = X;
  int n = tensors(s, 1, "indices", index);
  if (n != 1 || ag_type_of(s->g, index[0]).dtype == TN_U8) return refuse(s, "masks, or several indices");
  bool add = FLAG(-1, "accumulate");
  return add ? ag_index_add(s->g, x, 0, index[0], y) : ag_index_copy(s->g, x, 0, index[0], y);
}
static inline ag_ref diagonal_scatter_row(sample *s) { /* src, offset */
  ag_graph *g = s->g;
  int64_t k = INT(2, "offset", 0), columns = extent(s, X, -1), n = count(s, B),
          start = k < 0 ? -k * columns : k;
  if (rank(s, X) != 2 || has(s, 3, "dim1")) return refuse(s, "a matrix of several");
  return put_flat(
      s, X, ag_arange(g, TN_I64, (double)start, (double)(start + n * (columns + 1)), (double)(columns + 1)),
      B, false);
}
static inline ag_ref masked_scatter_row(const sample *s) { /* the source's elements in their order */
  ag_graph *g = s->g;
  ag_ref all = ag_add(g, X, ag_scale(g, floats(s, B), 0)), mask = flat(s, expand_like(s, floats(s, B), all)),
         x = expand_like(s, X, all);
  ag_ref from = ag_maximum(g, ag_offset(g, ag_cumsum(g, mask, 0, false), -1), ag_like(g, mask, 0));
  ag_ref chosen = ag_index_select(g, flat(s, T(2, "source")), 0, ag_cast(g, from, TN_I64));
  return like_shape(s, ag_where(g, mask, chosen, flat(s, x)), x);
}
static inline ag_ref scatter_reduce_row(sample *s, bool mean) { /* dim, index, src, reduce, include_self */
  ag_graph *g = s->g;
  ag_ref x = X, index = T(2, "index"), y = T(3, "src");
  if (rank(s, x) == 0) return refuse(s, "a scalar");
  int axis = AXIS(1, "dim", 0);
  bool own = flag(s, -1, "include_self", true);
  ag_ref zeros = ag_scale(g, floats(s, index), 0), ones = ag_offset(g, zeros, 1),
         was = own ? x : ag_put_along_axis(g, x, index, zeros, axis);
  ag_ref sum = ag_put_along_axis_add(g, was, index, y, axis),
         n = ag_put_along_axis_add(g, ag_scale(g, x, 0), index, ones, axis);
  if (!mean) return sum;
  return ag_div(g, sum, own ? ag_offset(g, n, 1) : ag_maximum(g, n, ag_like(g, n, 1)));
}
static inline ag_ref unpool_row(sample *s, int spatial) { /* indices; output_size [batch, channels, ...] */
  ag_graph *g = s->g;
  int64_t size[LIST], total = 1;
  int n = list(s, -1, "output_size", size);
  if (n != spatial + 2 && n != spatial + 1) return refuse(s, "an extent left open");
  ag_ref x = X, index = B;
  int64_t lines = count(s, x);
  const tn_view *at = value(s, 1, "indices");
  for (int a = n - spatial; a < n; a++) total *= size[a], lines /= extent(s, x, a);
  int64_t each = count(s, x) / lines;
  for (int64_t i = 0; i < lines * each; i++)
    for (int64_t k = i - i % each; k < i; k++)
      if (tn_get(at, k) == tn_get(at, i))
        return refuse(s, "places named twice, of which PyTorch derives all");
  ag_ref zeros = ag_full(g, TN_F64, 2, (int64_t[]){lines, total}, 0);
  ag_ref y = ag_put_along_axis(g, zeros, ag_reshape(g, index, 2, (int64_t[]){lines, each}),
                               ag_reshape(g, x, 2, (int64_t[]){lines, each}), 1);
  return ag_reshape(g, y, n, size);
}

/* ---- several kinds ---- */

static inline ag_ref close_row(const sample *s) {
  ag_graph *g = s->g;
  ag_ref far = ag_offset(g, ag_scale(g, ag_abs(g, B), NUM(-1, "rtol", 1e-5)), NUM(-1, "atol", 1e-8));
  return ag_logical_or(g, ag_equal(g, X, B), ag_less_equal(g, ag_abs(g, ag_sub(g, X, B)), far));
}
static inline ag_ref same_row(const sample *s) {
  ag_type a = ag_type_of(s->g, X), b = ag_type_of(s->g, B);
  if (!tn_same_shape(a.rank, a.shape, b.rank, b.shape)) return ag_scalar(s->g, TN_F64, 0);
  return ag_all(s->g, ag_equal(s->g, X, B), AG_ALL_AXES, false);
}
static inline ag_ref isin_row(const sample *s) {
  ag_ref pairs = ag_equal(s->g, ag_unsqueeze(s->g, X, rank(s, X)), flat(s, B));
  return ag_any(s->g, pairs, 1u << rank(s, X), false);
}
static inline ag_ref block_diag_row(const sample *s) {
  ag_graph *g = s->g;
  int64_t columns = 0, from = 0;
  ag_ref rows[INPUTS];
  for (int i = 0; i < s->n_in; i++) columns += extent(s, at_least(s, s->in[i], 2), 1);
  for (int i = 0; i < s->n_in; i++) {
    ag_ref x = at_least(s, s->in[i], 2);
    int64_t n = extent(s, x, 1);
    rows[i] = ag_pad(g, x, 1, from, columns - from - n), from += n;
  }
  return ag_concat(g, rows, s->n_in, 0);
}
static inline ag_ref cartesian_row(const sample *s) {
  ag_ref grid[INPUTS];
  if (s->n_in == 1) return s->in[0];
  ag_meshgrid(s->g, s->in, s->n_in, grid);
  for (int i = 0; i < s->n_in; i++) grid[i] = flat(s, grid[i]);
  return ag_stack(s->g, grid, s->n_in, 1);
}
static inline ag_ref pdist_row(sample *s) { /* pairs i < j, in order */
  ag_graph *g = s->g;
  int64_t n = extent(s, X, 0), pairs = n * (n - 1) / 2, at = 0, first[256], second[256];
  if (pairs < 1 || pairs > 256) return refuse(s, "no pairs");
  for (int64_t i = 0; i < n; i++)
    for (int64_t j = i + 1; j < n; j++, at++) first[at] = i, second[at] = j;
  ag_ref a = ag_constant(g, tn_view_of(first, TN_I64, 1, &pairs)),
         b = ag_constant(g, tn_view_of(second, TN_I64, 1, &pairs));
  return ag_norm(g, ag_sub(g, ag_index_select(g, X, 0, a), ag_index_select(g, X, 0, b)), NUM(1, "p", 2), 2,
                 false);
}
static inline ag_ref covariance(const sample *s, ag_ref x, double less) { /* rows are variables */
  ag_graph *g = s->g;
  ag_ref c = ag_sub(g, x, ag_mean_axis(g, x, -1, true));
  return ag_scale(g, ag_matmul(g, c, ag_transpose2(g, c)), 1 / ((double)extent(s, x, -1) - less));
}
static inline ag_ref cov_row(sample *s) {
  if (has(s, -1, "fweights") || has(s, -1, "aweights")) return refuse(s, "weights");
  ag_ref y = covariance(s, at_least(s, X, 2), NUM(-1, "correction", 1));
  return count(s, y) == 1 ? ag_reshape(s->g, y, 0, NULL) : y;
}
static inline ag_ref corrcoef_row(const sample *s) {
  ag_graph *g = s->g;
  ag_ref c = covariance(s, at_least(s, X, 2), 1), d = ag_sqrt(g, ag_diagonal(g, c, 0, 0, 1));
  c = ag_div(g, ag_div(g, c, ag_unsqueeze(g, d, 1)), d);
  return count(s, c) == 1 ? ag_reshape(g, c, 0, NULL) : c;
}
static inline ag_ref cross_row(const sample *s,
                               bool last) { /* without an axis: the last, or the first of extent 3 */
  ag_graph *g = s->g;
  ag_ref all = ag_add(g, X, B), a = expand_like(s, X, all), b = expand_like(s, B, all);
  int axis = DIM(-1, "dim", -1);
  if (!last && !has(s, -1, "dim"))
    for (axis = 0; extent(s, a, axis) != 3;) axis++;
  if (axis < 0) axis += rank(s, a);
  ag_ref left = ag_mul(g, ag_roll(g, a, axis, -1), ag_roll(g, b, axis, -2)),
         right = ag_mul(g, ag_roll(g, a, axis, -2), ag_roll(g, b, axis, -1));
  return ag_sub(g, left, right);
}
static inline ag_ref
mvlgamma_row(const sample *s) { /* p (p - 1) / 4 log pi + sum over j of lgamma(x - j / 2) */
  int p = DIM(1, "p", 1);
  ag_ref y = ag_scale(s->g, X, 0);
  for (int j = 0; j < p; j++) y = ag_add(s->g, y, ag_lgamma(s->g, ag_offset(s->g, X, -0.5 * j)));
  return ag_offset(s->g, y, 0.25 * p * (p - 1) * log(M_PI));
}
static inline ag_ref renorm_row(const sample *s) { /* p, dim, maxnorm */
  ag_graph *g = s->g;
  int axis = AXIS(2, "dim", 0);
  ag_ref x = X, n = ag_norm(g, x, NUM(1, "p", 2), all_but(s, x, 1u << axis), true),
         most = ag_like(g, n, NUM(3, "maxnorm", 1));
  ag_ref factor =
      ag_where(g, ag_greater(g, n, most), ag_div(g, most, ag_offset(g, n, 1e-7)), ag_like(g, n, 1));
  return ag_mul(g, x, factor);
}
static inline ag_ref trapezoid_row(sample *s, bool running) { /* y; x or dx, dim */
  ag_graph *g = s->g;
  ag_ref y = X, x = rank(s, B) ? B : (ag_ref){0};
  int axis = AXIS(-1, "dim", -1);
  int64_t n = extent(s, y, axis);
  ag_ref means = ag_scale(g, ag_add(g, ag_slice(g, y, axis, 0, n - 1), ag_slice(g, y, axis, 1, n - 1)), 0.5);
  if (x.id && rank(s, x) == 1 && rank(s, y) > 1) return refuse(s, "places of one axis for several");
  ag_ref area = x.id ? ag_mul(g, means, ag_diff(g, x, rank(s, x) == 1 ? 0 : axis))
                     : ag_scale(g, means, has(s, 1, "dx") ? NUM(1, "dx", 1) : NUM(-1, "dx", 1));
  return running ? ag_cumsum(g, area, axis, false) : ag_sum_axis(g, area, axis, false);
}
static inline ag_ref matrix_norm_row(sample *s, ag_ref x, double order, bool frobenius) {
  ag_graph *g = s->g;
  int64_t dims[LIST] = {-2, -1};
  list(s, 2, "dim", dims);
  int r = rank(s, x), rows = (int)(dims[0] < 0 ? dims[0] + r : dims[0]),
      columns = (int)(dims[1] < 0 ? dims[1] + r : dims[1]);
  unsigned both = 1u << rows | 1u << columns;
  bool keep = flag(s, 3, "keepdim", false);
  if (frobenius) return ag_norm(g, x, 2, both, keep);
  if (is(s, 1, "ord", "nuc") || fabs(order) == 2) return refuse(s, "singular values");
  int summed = isinf(order) ? columns : rows;
  ag_ref sums = ag_sum_axis(g, ag_abs(g, x), summed, true),
         y = order < 0 ? ag_amin(g, sums, both, true) : ag_amax(g, sums, both, true);
  if (keep) return y;
  y = ag_squeeze(g, y, rows > columns ? rows : columns);
  return ag_squeeze(g, y, rows > columns ? columns : rows);
}
static inline ag_ref any_norm_row(sample *s) { /* ord, dim, keepdim */
  int64_t dims[LIST];
  int n = list(s, 2, "dim", dims), r = rank(s, X);
  bool vector = n == 1 || (n == 0 && (r == 1 || !has(s, 1, "ord")));
  if (!vector) return matrix_norm_row(s, X, NUM(1, "ord", 2), is(s, 1, "ord", "fro") || !has(s, 1, "ord"));
  if (is(s, 1, "ord", "fro"))
    return ag_norm(s->g, X, 2, axes_of(s, 2, "dim", X), flag(s, 3, "keepdim", false));
  return norm_row(s, 1, "ord", 2);
}
static inline ag_ref tensorinv_row(const sample *s) {
  ag_graph *g = s->g;
  int k = DIM(1, "ind", 2), r = rank(s, X);
  ag_type t = ag_type_of(g, X);
  int64_t rows = tn_numel(k, t.shape), shape[TN_MAX_RANK];
  for (int a = 0; a < r; a++) shape[a] = t.shape[(a + k) % r];
  return ag_reshape(g, ag_inverse(g, ag_reshape(g, X, 2, (int64_t[]){rows, rows})), r, shape);
}
static inline ag_ref tensorsolve_row(sample *s) {
  ag_graph *g = s->g;
  if (has(s, 2, "dims")) return refuse(s, "axes moved before");
  ag_type t = ag_type_of(g, X);
  int k = rank(s, B);
  int64_t n = count(s, B);
  ag_ref y = ag_solve(g, ag_reshape(g, X, 2, (int64_t[]){n, n}), flat(s, B));
  return ag_reshape(g, y, t.rank - k, t.shape + k);
}
static inline ag_ref pinv_row(sample *s) {
  if (has(s, -1, "rtol") || has(s, -1, "atol")) return refuse(s, "a rank by tolerance");
  if (extent(s, X, -1) != extent(s, X, -2)) return refuse(s, "a matrix that is not square");
  return ag_inverse(s->g, X); /* of full rank */
}
static inline ag_ref linear_cross_entropy_row(sample *s) { /* input, weight, target */
  if (rank(s, B) != 2 || rank(s, X) != 2) return refuse(s, "places beside the classes");
  ag_ref logits = with_bias(s, ag_matmul(s->g, X, ag_transpose2(s->g, B)), T(-1, "linear_bias"));
  nn_sparse_cross_entropy_options o = {.reduction = loss_options(s).reduction,
                                       .ignores = true,
                                       .ignored = INT(-1, "ignore_index", -100),
                                       .class_weights = T(-1, "weight"),
                                       .smoothing = NUM(-1, "label_smoothing", 0)};
  if (ag_type_of(s->g, T(2, "target")).dtype == TN_F64)
    return refuse(s, "probabilities as targets: nn_softmax_cross_entropy");
  return nn_sparse_cross_entropy(s->m, logits, T(2, "target"), &o);
}
static inline int
native_layer_norm_row(const sample *s, ag_ref *y) { /* shape, weight, bias, eps; mean and 1 / deviation too */
  ag_graph *g = s->g;
  int64_t shape[LIST];
  int n = list(s, 1, "normalized_shape", shape);
  ag_ref x = X;
  unsigned set = ((1u << n) - 1) << (rank(s, x) - n);
  double epsilon = NUM(4, "eps", 1e-5);
  y[0] = layer_norm_row(s, epsilon, true);
  x = ag_detach(g, x); /* PyTorch takes no derivative by them */
  y[1] = ag_mean(g, x, set, true);
  y[2] = ag_rsqrt(g, ag_offset(g, ag_var(g, x, set, 0, true), epsilon));
  return 3;
}

#endif
