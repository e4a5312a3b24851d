/* opinfo_more.h - the longer rows of opinfo.def, one function each. */
#ifndef NABLA_OPINFO_MORE_H
#define NABLA_OPINFO_MORE_H

#include "opinfo_rows.h"

/* ---- reductions ---- */

static inline unsigned all_of(const sample *s, ag_ref x, unsigned set) {
  return set & ((1u << rank(s, x)) - 1);
}
static inline int kth_row(const sample *s, ag_ref *y) {
  ag_graph *g = s->g;
  int64_t k = INT(1, "k", 1);
  int axis = AXIS(2, "dim", -1);
  bool keep = flag(s, 3, "keepdim", false);
  ag_ref x = VECTOR, places = ag_slice(g, ag_argsort(g, x, axis, false), axis, k - 1, 1);
  y[0] = SCALAR(ag_kthvalue(g, x, k, axis, keep));
  y[1] = SCALAR(keep ? places : ag_squeeze(g, places, axis));
  return 2;
}
static inline int median_row(const sample *s, ag_ref *y) {
  ag_graph *g = s->g;
  if (!has(s, 1, "dim")) return y[0] = ag_reshape(g, ag_median(g, flat(s, X), 0, false), 0, NULL), 1;
  int axis = AXIS(1, "dim", -1);
  ag_ref x = VECTOR,
         places = ag_slice(g, ag_argsort(g, x, axis, false), axis, (extent(s, x, axis) - 1) / 2, 1);
  y[0] = SCALAR(ag_median(g, x, axis, KEEP));
  y[1] = SCALAR(KEEP ? places : ag_squeeze(g, places, axis));
  return 2;
}
static inline ag_ref norm_row(const sample *s, int p, const char *name, double otherwise) {
  double order = NUM(p, name, otherwise);
  return ag_norm(s->g, X, order, axes_of(s, p + 1, "dim", X), flag(s, p + 2, "keepdim", false));
}
static inline ag_ref quantile_row(sample *s) {
  ag_graph *g = s->g;
  const tn_view *q = value(s, 1, "q");
  if (q && q->dtype == TN_F64) return refuse(s, "a derivative by the quantile");
  bool linear = !has(s, -1, "interpolation") || is(s, -1, "interpolation", "linear"),
       whole = !has(s, 2, "dim");
  if (!linear) return refuse(s, "an interpolation that is not linear");
  ag_ref x = whole ? flat(s, X) : VECTOR, part[LIST];
  int axis = whole ? 0 : AXIS(2, "dim", 0);
  bool keep = flag(s, 3, "keepdim", false);
  if (!q || !q->rank) {
    ag_ref y = ag_quantile(g, x, NUM(1, "q", 0.5), axis, keep && !whole);
    int64_t ones[TN_MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};
    return whole && keep ? ag_reshape(g, y, rank(s, X), ones) : whole ? ag_reshape(g, y, 0, NULL) : SCALAR(y);
  }
  if (whole && keep) return refuse(s, "all axes kept and several quantiles");
  for (int64_t i = 0; i < q->shape[0]; i++)
    part[i] = ag_quantile(g, x, tn_get(q, i), axis, keep && rank(s, X));
  return ag_stack(g, part, (int)q->shape[0], 0);
}
static inline ag_ref var_row(const sample *s) {
  ag_graph *g = s->g;
  ag_ref x = X;
  unsigned set = AXES(1, "dim");
  double n = 1, less = has(s, -1, "correction") ? NUM(-1, "correction", 1) : flag(s, -1, "unbiased", true);
  for (int a = 0; a < rank(s, x); a++) n *= set >> a & 1 ? (double)extent(s, x, a) : 1;
  return ag_scale(g, ag_var(g, x, set, 0, KEEP), n / fmax(0, n - less));
}
static inline ag_ref std_row(const sample *s) { return ag_sqrt(s->g, var_row(s)); }
static inline unsigned last_two(const sample *s, ag_ref x) { return 3u << (rank(s, x) - 2); }

/* ---- along an axis ---- */

static inline ag_ref diff_row(const sample *s) {
  ag_graph *g = s->g;
  int axis = AXIS(2, "dim", -1), n = 0;
  ag_ref parts[3], before = T(3, "prepend"), after = T(4, "append");
  if (before.id) parts[n++] = before;
  parts[n++] = X;
  if (after.id) parts[n++] = after;
  ag_ref x = n > 1 ? ag_concat(g, parts, n, axis) : X;
  for (int64_t k = INT(1, "n", 1); k > 0; k--) x = ag_diff(g, x, axis);
  return x;
}
static inline ag_ref searchsorted_row(sample *s) {
  bool right = FLAG(-1, "right") || is(s, -1, "side", "right");
  if (has(s, -1, "sorter")) return refuse(s, "rows in an order given beside");
  if (rank(s, X) > 1) return refuse(s, "a vector of bounds for each row");
  return ag_searchsorted(s->g, X, B, right);
}

/* ---- shapes ---- */

static inline int broadcast_row(const sample *s, ag_ref *y) {
  ag_ref all = s->in[0];
  for (int i = 1; i < s->n_in; i++) all = ag_add(s->g, all, s->in[i]);
  for (int i = 0; i < s->n_in; i++) y[i] = expand_like(s, s->in[i], all);
  return s->n_in;
}
static inline ag_ref column_stack_row(const sample *s) {
  ag_ref x[INPUTS];
  for (int i = 0; i < s->n_in; i++)
    x[i] =
        rank(s, s->in[i]) < 2 ? ag_reshape(s->g, s->in[i], 2, (int64_t[]){count(s, s->in[i]), 1}) : s->in[i];
  return ag_concat(s->g, x, s->n_in, 1);
}
static inline ag_ref vstack_row(const sample *s) {
  ag_ref x[INPUTS];
  return ag_concat(s->g, x, all_at_least(s, 2, x), 0);
}
static inline ag_ref dstack_row(const sample *s) {
  ag_ref x[INPUTS];
  return ag_concat(s->g, x, all_at_least(s, 3, x), 2);
}
static inline ag_ref diag_embed_row(const sample *s) {
  ag_ref y = ag_diag_embed(s->g, X, INT(1, "offset", 0));
  int a = DIM(2, "dim1", -2), b = DIM(3, "dim2", -1), r = rank(s, y);
  a = a < 0 ? a + r : a, b = b < 0 ? b + r : b;
  if (a > b) y = ag_transpose2(s->g, y);
  y = ag_movedim(s->g, y, -2, a < b ? a : b);
  return ag_movedim(s->g, y, -1, a < b ? b : a);
}
static inline unsigned list_set(const sample *s, int p, const char *name) {
  int64_t v[LIST];
  unsigned set = 0;
  for (int i = 0, n = list(s, p, name, v); i < n; i++) set |= 1u << (v[i] < 0 ? v[i] + rank(s, X) : v[i]);
  return set;
}
static inline ag_ref movedim_row(const sample *s) {
  int64_t from[LIST], to[LIST];
  int n = list(s, 1, "source", from), r = rank(s, X), axes[TN_MAX_RANK];
  unsigned taken = 0, used = 0;
  list(s, 2, "destination", to);
  for (int i = 0; i < n; i++) {
    int a = (int)(from[i] < 0 ? from[i] + r : from[i]), b = (int)(to[i] < 0 ? to[i] + r : to[i]);
    axes[b] = a, taken |= 1u << b, used |= 1u << a;
  }
  for (int a = 0, b = 0; a < r; a++) {
    if (used >> a & 1) continue;
    while (taken >> b & 1) b++;
    axes[b] = a, taken |= 1u << b;
  }
  return ag_transpose(s->g, X, axes);
}
static inline ag_ref repeat_interleave_row(sample *s) {
  if (value(s, 1, "repeats") && count(s, T(1, "repeats")) > 1) return refuse(s, "a count for each place");
  ag_ref x = has(s, 2, "dim") ? X : flat(s, X);
  return ag_repeat_interleave(s->g, x, DIM(2, "dim", 0), INT(1, "repeats", 1));
}
static inline ag_ref slice_row(const sample *s) {
  int axis = AXIS(1, "dim", 0);
  int64_t e = extent(s, X, axis), from = INT(2, "start", 0), to = has(s, 3, "end") ? INT(3, "end", 0) : e,
          step = INT(4, "step", 1);
  from = from < 0 ? from + e : from, to = to < 0 ? to + e : to > e ? e : to;
  return ag_slice_step(s->g, X, axis, from, (to - from + step - 1) / step, step);
}
static inline int split_sizes_row(const sample *s, ag_ref *y) {
  int64_t v[LIST];
  int n = list(s, 1, "split_sizes", v);
  return parts(s, X, AXIS(2, "dim", 0), n, v, y);
}
static inline ag_ref stack_row(const sample *s) {
  ag_ref x[INPUTS];
  int axis = DIM(1, "dim", 0), n = given(s, x);
  return ag_stack(s->g, x, n, axis < 0 ? axis + rank(s, x[0]) + 1 : axis);
}
static inline ag_ref unfold_row(const sample *s) { /* dimension, size, step */
  ag_ref x = VECTOR;
  int axis = AXIS(1, "dimension", 0);
  ag_ref y = ag_window(s->g, x, axis, INT(2, "size", 1), INT(3, "step", 1), 1, 0, 0);
  y = ag_movedim(s->g, y, axis + 1, -1);
  return rank(s, X) ? y : ag_squeeze(s->g, y, 0);
}
static inline int unsqueeze_axis(const sample *s) {
  int a = DIM(1, "dim", 0);
  return a < 0 ? a + rank(s, X) + 1 : a;
}
static inline ag_ref pixel_shuffle_row(const sample *s) { /* channels are C r r, in this order */
  int64_t r = INT(1, "upscale_factor", 1), n = extent(s, X, 0), c = extent(s, X, 1) / r / r,
          h = extent(s, X, 2), w = extent(s, X, 3);
  ag_ref y = ag_reshape(s->g, X, 6, (int64_t[]){n, c, r, r, h, w});
  return ag_reshape(s->g, ag_transpose(s->g, y, (int[]){0, 1, 4, 2, 5, 3}), 4,
                    (int64_t[]){n, c, h * r, w * r});
}
static inline ag_ref pixel_unshuffle_row(const sample *s) {
  int64_t r = INT(1, "downscale_factor", 1), n = extent(s, X, 0), c = extent(s, X, 1),
          h = extent(s, X, 2) / r, w = extent(s, X, 3) / r;
  ag_ref y = ag_reshape(s->g, X, 6, (int64_t[]){n, c, h, r, w, r});
  return ag_reshape(s->g, ag_transpose(s->g, y, (int[]){0, 1, 3, 5, 2, 4}), 4,
                    (int64_t[]){n, c * r * r, h, w});
}
static inline ag_ref channel_shuffle_row(const sample *s) {
  int64_t k = INT(1, "groups", 1), n = extent(s, X, 0), c = extent(s, X, 1);
  ag_ref y = ag_reshape(s->g, X, 4, (int64_t[]){n, k, c / k, count(s, X) / n / c});
  return like_shape(s, ag_swapaxes(s->g, y, 1, 2), X);
}

/* ---- constants ---- */

static inline ag_ref filled(const sample *s, ag_ref x, double v) {
  ag_type t = ag_type_of(s->g, x);
  return ag_full(s->g, TN_F64, t.rank, t.shape, v);
}
static inline ag_ref new_row(const sample *s, int p, double v) {
  int64_t shape[LIST];
  int n = list(s, p, "size", shape);
  return ag_full(s->g, TN_F64, n, shape, v);
}
static inline ag_ref arange_row(const sample *s) {
  double start = has(s, 1, "end") ? NUM(0, "start", 0) : 0,
         stop = has(s, 1, "end") ? NUM(1, "end", 0) : NUM(0, "end", 0);
  return ag_arange(s->g, TN_F64, start, stop, NUM(2, "step", 1));
}

/* ---- products ---- */

static inline ag_ref matmul_row(const sample *s, ag_ref a, ag_ref b) {
  ag_graph *g = s->g;
  if (rank(s, a) == 1 && rank(s, b) == 1) return ag_vdot(g, a, b);
  if (rank(s, b) == 1) return ag_matvec(g, a, b);
  if (rank(s, a) == 1) return ag_matvec(g, ag_transpose2(g, b), a);
  return ag_matmul(g, a, b);
}
static inline ag_ref einsum_row(const sample *s) {
  ag_ref x[INPUTS];
  char equation[128];
  const char *text = text_of(s, 1, "equation") + 1;
  snprintf(equation, sizeof equation, "%.*s", (int)strcspn(text, "'"), text);
  return ag_einsum(s->g, equation, x, given(s, x));
}
static inline ag_ref kron_row(const sample *s) {
  ag_ref a = X, b = B;
  while (rank(s, a) < rank(s, b)) a = ag_unsqueeze(s->g, a, 0);
  while (rank(s, b) < rank(s, a)) b = ag_unsqueeze(s->g, b, 0);
  return ag_kron(s->g, a, b);
}
static inline ag_ref multi_dot_row(const sample *s) {
  ag_ref y = s->in[0];
  for (int i = 1; i < s->n_in; i++) y = matmul_row(s, y, s->in[i]);
  return y;
}
static inline ag_ref linear_row(const sample *s) {
  return rank(s, B) == 1 ? ag_matvec(s->g, X, B) : matmul_row(s, X, ag_transpose2(s->g, B));
}
static inline ag_ref bilinear_row(const sample *s) {
  return with_bias(s, ag_bilinear(s->g, X, T(2, "weight"), B), T(3, "bias"));
}
static inline ag_ref tensordot_row(sample *s) {
  int64_t v[LIST];
  int a[LIST], b[LIST], n;
  const char *text = text_of(s, 2, "dims");
  if (*text != '[') {
    n = (int)INT(2, "dims", 2);
    for (int i = 0; i < n; i++) a[i] = rank(s, X) - n + i, b[i] = i;
  } else {
    sample copy = *s;
    char first[64] = "0=", second[64] = "0=";
    const char *bar = strchr(text, ']');
    snprintf(first + 2, sizeof first - 2, "%.*s", (int)(bar - text), text + 1);
    snprintf(second + 2, sizeof second - 2, "%.*s", (int)(strchr(bar + 1, ']') - bar - 1), bar + 2);
    copy.arguments = first, n = list(&copy, 0, "", v);
    for (int i = 0; i < n; i++) a[i] = (int)v[i];
    copy.arguments = second, list(&copy, 0, "", v);
    for (int i = 0; i < n; i++) b[i] = (int)v[i];
  }
  for (int i = 0; i < n; i++)
    if (extent(s, X, a[i]) != extent(s, B, b[i])) return refuse(s, "an extent of 1 against another");
  return ag_tensordot(s->g, X, B, a, b, n);
}

/* ---- linear algebra ---- */

static inline ag_ref solve_with(const sample *s, ag_ref a, ag_ref b, bool left) {
  ag_graph *g = s->g;
  if (left) return ag_solve(g, a, b);
  return ag_transpose2(g, ag_solve(g, ag_transpose2(g, a), ag_transpose2(g, b)));
}
static inline ag_ref solve_row(sample *s) {
  ag_ref a = X, b = B;
  bool left = flag(s, -1, "left", true);
  if (rank(s, b) != rank(s, a) - 1 || rank(s, b) == 0) return solve_with(s, a, b, left);
  return ag_squeeze(s->g, solve_with(s, a, ag_unsqueeze(s->g, b, -1), left), -1);
}
static inline ag_ref broadcast_batch(const sample *s, ag_ref x, ag_ref with) { /* leading axes as of `with` */
  ag_type t = ag_type_of(s->g, x), w = ag_type_of(s->g, with);
  if (t.rank > w.rank) return x;
  for (int i = 1; i <= 2; i++) w.shape[w.rank - i] = t.shape[t.rank - i];
  for (int i = 3; i <= t.rank; i++)
    if (w.shape[w.rank - i] == 1) w.shape[w.rank - i] = t.shape[t.rank - i];
  return ag_broadcast(s->g, x, w.rank, w.shape);
}
static inline ag_ref solve_triangular_row(const sample *s) {
  unsigned flags = (FLAG(-1, "upper") ? AG_SOLVE_UPPER : 0) |
                   (FLAG(-1, "unitriangular") ? AG_SOLVE_UNIT : 0) |
                   (flag(s, -1, "left", true) ? 0 : AG_SOLVE_RIGHT);
  ag_ref a = broadcast_batch(s, X, B), b = broadcast_batch(s, B, a);
  return ag_triangular_solve(s->g, a, b, flags);
}
static inline ag_ref cholesky_inverse_row(const sample *s) { /* OpInfo puts ones on the diagonal */
  ag_graph *g = s->g;
  int64_t n = extent(s, X, -1);
  ag_ref l = FLAG(1, "upper") ? ag_transpose2(g, X) : X, one = ag_eye(g, TN_F64, n, n);
  return ag_cholesky_solve(g, ag_add(g, ag_lower_triangle(g, l, -1), one), broadcast_batch(s, one, l));
}
static inline int lu_row(sample *s, ag_ref *y) { /* OpInfo leaves the permutation out */
  ag_ref p;
  if (has(s, -1, "pivot") && !FLAG(-1, "pivot")) refuse(s, "no pivots");
  if (extent(s, X, -1) != extent(s, X, -2)) return refuse(s, "a matrix that is not square"), 2;
  ag_lu(s->g, X, &p, &y[0], &y[1]);
  return 2;
}
static inline int triangular_solve_row(const sample *s, ag_ref *y) { /* b, a */
  unsigned flags = (flag(s, 2, "upper", false) ? AG_SOLVE_UPPER : 0) |
                   (FLAG(4, "unitriangular") ? AG_SOLVE_UNIT : 0) |
                   (FLAG(3, "transpose") ? AG_SOLVE_TRANSPOSED : 0);
  ag_ref a = broadcast_batch(s, B, X), b = broadcast_batch(s, X, a);
  return TWO(ag_triangular_solve(s->g, a, b, flags), FLAG(4, "unitriangular") ? B
                                                     : (flags & AG_SOLVE_UPPER)
                                                         ? ag_upper_triangle(s->g, B, 0)
                                                         : ag_lower_triangle(s->g, B, 0));
}
static inline ag_ref vander_row(const sample *s) {
  ag_ref x = vector(s, X), part[LIST];
  int n = (int)INT(-1, "N", (double)extent(s, x, -1));
  for (int k = 0; k < n; k++) part[k] = ag_pow(s->g, x, k);
  return ag_stack(s->g, part, n, -1);
}

/* ---- by index ---- */

static inline ag_ref wrapped(const sample *s, ag_ref index, int64_t rows) { /* places below 0 from the end */
  ag_ref zero = ag_like(s->g, index, 0);
  return ag_add(s->g, index,
                ag_where(s->g, ag_less(s->g, index, zero), ag_like(s->g, index, (double)rows), zero));
}
static inline ag_ref take_along_row(const sample *s) {
  ag_ref index = T(1, "indices"), x = X;
  if (!has(s, 2, "dim")) return ag_index_select(s->g, flat(s, X), 0, flat(s, wrapped(s, index, count(s, X))));
  int axis = AXIS(2, "dim", 0);
  ag_type t = ag_type_of(s->g, x), i = ag_type_of(s->g, index);
  index = wrapped(s, index, t.shape[axis]);
  for (int a = 0; a < t.rank; a++)
    if (a != axis) t.shape[a] = i.shape[a] = t.shape[a] == 1 ? i.shape[a] : t.shape[a];
  return ag_take_along_axis(s->g, ag_broadcast(s->g, x, t.rank, t.shape),
                            ag_broadcast(s->g, index, i.rank, i.shape), axis);
}

static inline ag_ref embedding_row(sample *s) {
  ag_graph *g = s->g;
  ag_ref table = X;
  if (has(s, -1, "max_norm")) return refuse(s, "rows that are scaled in place as they are read");
  if (FLAG(-1, "scale_grad_by_freq")) return refuse(s, "a derivative divided by counts");
  if (has(s, -1, "padding_idx")) { /* that row has no derivative */
    int64_t rows = extent(s, table, 0), fixed = INT(-1, "padding_idx", 0), of[] = {rows};
    ag_ref number = ag_arange(g, TN_F64, 0, (double)*of, 1),
           fix = ag_like(g, number, (double)(fixed < 0 ? fixed + rows : fixed));
    table = ag_where(g, ag_unsqueeze(g, ag_equal(g, number, fix), -1), ag_detach(g, table), table);
  }
  return ag_embedding(g, table, B);
}

/* ---- neural networks ---- */

static inline ag_ref instance_norm_row(const sample *s) {
  bool own = flag(s, -1, "use_input_stats", true);
  ag_ref x = X, weight = T(-1, "weight"), bias = T(-1, "bias");
  double epsilon = NUM(-1, "eps", 1e-5);
  if (own) return affine(s, standardized(s, x, all_but(s, x, 3), epsilon), weight, bias);
  sample copy = *s;
  return batch_norm_row(&copy, false, epsilon, weight, bias);
}
static inline ag_ref local_response_row(const sample *s) {
  ag_ref x = X, y = ag_movedim(s->g, x, 1, -1);
  const nn_local_response_options o = {.size = INT(1, "size", 1),
                                       .alpha = NUM(-1, "alpha", 1e-4),
                                       .beta = NUM(-1, "beta", 0.75),
                                       .k = NUM(-1, "k", 1)};
  y = nn_local_response_norm(s->m, "norm", y, &o);
  return ag_movedim(s->g, y, -1, 1);
}
static inline ag_ref image_unfold_row(const sample *s) { /* kernel_size, dilation, padding, stride */
  ag_ref x = X;
  int64_t n = extent(s, x, 0), c = extent(s, x, 1);
  ag_pool_options o = {.stride = {0}};
  spatial_list(s, 1, "kernel_size", 2, o.size, 1), spatial_list(s, 2, "dilation", 2, o.dilation, 1);
  spatial_list(s, 3, "padding", 2, o.before, 0), spatial_list(s, 3, "padding", 2, o.after, 0);
  spatial_list(s, 4, "stride", 2, o.stride, 1);
  ag_ref y = ag_transpose(s->g, ag_unfold(s->g, ag_movedim(s->g, x, 1, -1), &o), (int[]){0, 5, 3, 4, 1, 2});
  int64_t taps = o.size[0] * o.size[1];
  return ag_reshape(s->g, y, 3, (int64_t[]){n, c * taps, count(s, y) / n / c / taps});
}
static inline ag_ref attend_row(sample *s) {
  ag_graph *g = s->g;
  ag_ref q = X, k = B, v = T(2, "value"), bias = T(3, "attn_mask");
  if (NUM(-1, "dropout_p", 0) > 0) return refuse(s, "random");
  if (bias.id && ag_type_of(g, bias).dtype == TN_U8)
    bias = ag_where(g, bias, ag_scalar(g, TN_F64, 0), ag_scalar(g, TN_F64, -INFINITY));
  bool three = rank(s, q) == 3;
  if (three) q = ag_unsqueeze(g, q, 0), k = ag_unsqueeze(g, k, 0), v = ag_unsqueeze(g, v, 0);
  ag_ref y = nn_attend(
      s->m, q, k, v,
      &(nn_attend_options){.causal = FLAG(-1, "is_causal"), .bias = bias, .scale = NUM(-1, "scale", 0)});
  return three ? ag_squeeze(g, y, 0) : y;
}

static inline ag_ref safe_softmax_row(const sample *s) { /* zeros where nothing is allowed */
  ag_graph *g = s->g;
  int axis = AXIS(1, "dim", 0);
  ag_ref zero = ag_like(g, X, 0), none = ag_equal(g, ag_max_axis(g, X, axis, true), ag_like(g, X, -INFINITY));
  return ag_where(g, none, zero, ag_softmax(g, ag_where(g, none, zero, X), axis));
}

/* ---- losses ---- */

static inline ag_ref bce_logits_row(sample *s) {
  ag_ref weight = T(-1, "weight"), positive = T(-1, "pos_weight"), x = X, y = B;
  ag_graph *g = s->g;
  if (positive.id) { /* (1 - y) x + (1 + (p - 1) y) softplus(-x) */
    ag_ref factor = ag_offset(g, ag_mul(g, ag_offset(g, positive, -1), y), 1);
    y = ag_add(g, ag_mul(g, ag_sub(g, ag_like(g, y, 1), y), x),
               ag_mul(g, factor, ag_softplus(g, ag_neg(g, x))));
  } else {
    nn_binary_cross_entropy_options o = {.loss = {.reduction = NN_NONE}};
    y = SCALAR(nn_binary_cross_entropy(s->m, VECTOR, vector(s, y), &o));
  }
  return reduced(s, weight.id ? ag_mul(g, y, weight) : y);
}
static inline ag_ref cosine_embedding_row(const sample *s) {
  if (rank(s, X) == 2) return nn_cosine_embedding(s->m, X, B, T(2, "target"), NUM(-1, "margin", 0), LOSS);
  ag_graph *g = s->g;
  ag_ref y = nn_cosine_embedding(s->m, ag_unsqueeze(g, X, 0), ag_unsqueeze(g, B, 0),
                                 ag_reshape(g, T(2, "target"), 1, (int64_t[]){1}), NUM(-1, "margin", 0),
                                 NONE_REDUCED);
  return ag_reshape(g, y, 0, NULL);
}
static inline ag_ref cross_entropy_row(sample *s, bool logs) {
  ag_graph *g = s->g;
  ag_ref x = X, y = B;
  nn_sparse_cross_entropy_options o = {.reduction = loss_options(s).reduction,
                                       .class_weights = T(2, "weight"),
                                       .ignores = true,
                                       .ignored = INT(-1, "ignore_index", -100),
                                       .smoothing = NUM(-1, "label_smoothing", 0)};
  bool single = rank(s, x) == 1;
  if (ag_type_of(g, y).dtype == TN_F64)
    return refuse(s, "probabilities as targets: nn_softmax_cross_entropy");
  if (single) x = ag_unsqueeze(g, x, 0), y = ag_unsqueeze(g, y, 0);
  x = ag_movedim(g, x, 1, -1);
  ag_ref loss = logs ? nn_nll(s->m, x, y, &o) : nn_sparse_cross_entropy(s->m, x, y, &o);
  return single && o.reduction == NN_NONE ? ag_squeeze(g, loss, 0) : loss;
}
static inline ag_ref gaussian_row(sample *s) {
  ag_ref mean = X, target = B, v = T(2, "var");
  if (has(s, -1, "eps") && NUM(-1, "eps", 1e-6) != 1e-6)
    return refuse(s, "a smallest variance other than 1e-6");
  if (rank(s, v) < rank(s, mean)) v = ag_unsqueeze(s->g, v, -1);
  return nn_gaussian_nll(s->m, mean, target, expand_like(s, v, mean), FLAG(-1, "full"), LOSS);
}
static inline ag_ref multi_margin_row(sample *s) {
  nn_multi_margin_options o = {*LOSS, NUM(-1, "margin", 1), NUM(-1, "p", 1) == 2, T(-1, "weight")};
  if (rank(s, X) != 2) return refuse(s, "no batch");
  return nn_multi_margin(s->m, X, B, &o);
}
static inline ag_ref multilabel_row(const sample *s) {
  ag_graph *g = s->g;
  ag_ref w = T(2, "weight"), terms;
  if (!w.id) {
    terms = nn_multilabel_soft_margin(s->m, rank(s, X) == 1 ? ag_unsqueeze(g, X, 0) : X,
                                      rank(s, B) == 1 ? ag_unsqueeze(g, B, 0) : B, NONE_REDUCED);
    if (rank(s, X) == 1) terms = ag_reshape(g, terms, 0, NULL);
  } else {
    ag_ref y = ag_add(g, ag_mul(g, B, ag_softplus(g, ag_neg(g, X))),
                      ag_mul(g, ag_sub(g, ag_like(g, B, 1), B), ag_softplus(g, X)));
    terms = ag_mean_axis(g, ag_mul(g, w, y), -1, false);
  }
  return reduced(s, terms);
}
static inline ag_ref pairwise_row(const sample *s) {
  ag_ref d = ag_offset(s->g, ag_sub(s->g, X, B), NUM(-1, "eps", 1e-6));
  return ag_norm(s->g, d, NUM(-1, "p", 2), 1u << (rank(s, d) - 1), FLAG(-1, "keepdim"));
}
static inline ag_ref smooth_l1_row(const sample *s) {
  double beta = NUM(-1, "beta", 1);
  ag_ref x = VECTOR, y = vector(s, B),
         terms = beta ? nn_smooth_l1(s->m, x, y, beta, NONE_REDUCED)
                      : nn_absolute_error(s->m, x, y, NONE_REDUCED);
  return reduced(s, SCALAR(terms));
}
static inline ag_ref cosine_row(const sample *s) {
  ag_graph *g = s->g;
  ag_ref x = VECTOR, y = vector(s, B), both = ag_add(g, x, y);
  x = expand_like(s, x, both), y = expand_like(s, y, both);
  int axis = DIM(2, "dim", 1);
  if (axis < 0) axis += rank(s, x);
  ag_ref e = ag_like(g, x, NUM(3, "eps", 1e-8)), a = ag_maximum(g, ag_norm(g, x, 2, 1u << axis, true), e),
         b = ag_maximum(g, ag_norm(g, y, 2, 1u << axis, true), e);
  return SCALAR(ag_sum_axis(g, ag_mul(g, ag_div(g, x, a), ag_div(g, y, b)), axis, false));
}
static inline ag_ref normalize_row(const sample *s) {
  ag_graph *g = s->g;
  ag_ref x = VECTOR, n = ag_norm(g, x, NUM(-1, "p", 2), 1u << AXIS(-1, "dim", 1), true);
  return SCALAR(ag_div(g, x, ag_maximum(g, n, ag_like(g, n, NUM(-1, "eps", 1e-12)))));
}

#endif
