/* opinfo_rows.h - what several rows of opinfo.def share: short names for arguments, and compositions of public calls that PyTorch's
 * signatures need: scalars as vectors, channels first, lists of results. */
#ifndef NABLA_OPINFO_ROWS_H
#define NABLA_OPINFO_ROWS_H

#include "opinfo_sample.h"

#define X            tensor(s, 0, "input")
#define T(P, N)      tensor(s, P, N)
#define B            tensor(s, 1, "other")
#define NUM(P, N, D) number(s, P, N, D)
#define INT(P, N, D) ((int64_t)number(s, P, N, D))
#define DIM(P, N, D) ((int)number(s, P, N, D))
#define FLAG(P, N)   flag(s, P, N, false)
#define AXES(P, N)   axes_of(s, P, N, X)
#define KEEP         flag(s, 2, "keepdim", false)
/* PyTorch takes axis 0 of a scalar: the input with one axis then, an axis of it, and the result as a scalar again. */
#define VECTOR        vector(s, X)
#define AXIS(P, N, D) axis_of(s, P, N, D)
#define SCALAR(Y)     scalar_again(s, X, Y)

/* PyTorch's wrappers for its own checks of derivatives make matrices so. */
#define SYMMETRIC ag_add(g, X, ag_transpose2(g, X))
/* The count of failures: a failure of ours fails the step. */
#define NO_FAILURE ag_scale(g, ag_sum(g, X, last_two(s, X), false), 0)

static inline ag_ref scalar_again(const sample *s, ag_ref was, ag_ref y) {
  return rank(s, was) == 0 && count(s, y) == 1 ? ag_reshape(s->g, y, 0, NULL) : y;
}
static inline ag_ref vector(const sample *s, ag_ref x) { return rank(s, x) ? x : ag_unsqueeze(s->g, x, 0); }
static inline int axis_of(const sample *s, int position, const char *name, int otherwise) {
  int a = (int)number(s, position, name, otherwise), r = rank(s, X);
  return a < 0 ? a + (r ? r : 1) : a;
}
static inline ag_ref or_like(const sample *s, ag_ref x, ag_ref like, double otherwise) {
  return x.id ? x : ag_like(s->g, like, otherwise);
}
static inline ag_ref reshaped(const sample *s, ag_ref x, int n, const int64_t *shape) {
  int64_t to[TN_MAX_RANK], known = 1;
  for (int a = 0; a < n; a++) to[a] = shape[a], known *= shape[a] < 0 ? 1 : shape[a];
  for (int a = 0; a < n; a++)
    if (to[a] < 0) to[a] = count(s, x) / known;
  return ag_reshape(s->g, x, n, to);
}
static inline ag_ref like_shape(const sample *s, ag_ref x, ag_ref of) {
  ag_type t = ag_type_of(s->g, of);
  return ag_reshape(s->g, x, t.rank, t.shape);
}
static inline ag_ref expand_like(const sample *s, ag_ref x, ag_ref of) {
  ag_type t = ag_type_of(s->g, of);
  return ag_broadcast(s->g, x, t.rank, t.shape);
}
static inline ag_ref floats(const sample *s, ag_ref x) {
  return x.id && ag_type_of(s->g, x).dtype != TN_F64 ? ag_cast(s->g, x, TN_F64) : x;
}
static inline ag_ref flat(const sample *s, ag_ref x) {
  return ag_reshape(s->g, x, 1, (int64_t[]){count(s, x)});
}

/* ---- losses ---- */

static inline nn_loss_options loss_options(const sample *s) {
  nn_loss_options o = {.reduction = NN_MEAN};
  if (is(s, -1, "reduction", "sum")) o.reduction = NN_SUM;
  if (is(s, -1, "reduction", "none")) o.reduction = NN_NONE;
  if (is(s, -1, "reduction", "batchmean")) o.reduction = NN_BATCH_MEAN;
  return o;
}
#define LOSS ((nn_loss_options[]){loss_options(s)})
static inline ag_ref reduced(const sample *s, ag_ref terms) {
  nn_loss_options o = loss_options(s);
  return nn_reduce(s->m, "loss", terms, &o);
}
#define NONE_REDUCED (&(nn_loss_options){.reduction = NN_NONE})
/* The terms of a loss, which wants a first axis, of scalars too; weighted and reduced. */
#define TERMS(CALL) terms(s, CALL)
static inline ag_ref terms(const sample *s, ag_ref y) {
  ag_ref x = X, w = tensor(s, 2, "weight");
  y = rank(s, x) == 0 ? ag_reshape(s->g, y, 0, NULL) : y;
  return reduced(s, w.id ? ag_mul(s->g, y, w) : y);
}

/* ---- images: channels first to channels last, and back ---- */

static inline ag_ref channels_last(const sample *s, ag_ref x, int spatial) {
  if (rank(s, x) == spatial + 1) x = ag_unsqueeze(s->g, x, 0);
  return ag_movedim(s->g, x, 1, -1);
}
static inline ag_ref channels_first(const sample *s, ag_ref y, ag_ref was, int spatial) {
  y = ag_movedim(s->g, y, -1, 1);
  return rank(s, was) == spatial + 1 ? ag_squeeze(s->g, y, 0) : y;
}
/* One number for each spatial axis, or the same for all. */
static inline void spatial_list(const sample *s, int p, const char *name, int spatial, int64_t *out,
                                int64_t otherwise) {
  int64_t v[LIST];
  int n = list(s, p, name, v);
  for (int a = 0; a < spatial; a++) out[a] = n == 0 ? otherwise : v[n == 1 ? 0 : a];
}

static inline ag_ref with_bias(const sample *s, ag_ref y, ag_ref bias) {
  return bias.id ? ag_add(s->g, y, bias) : y;
}

static inline ag_ref conv_row(const sample *s,
                              int n) { /* input, weight, bias, stride, padding, dilation, groups */
  ag_graph *g = s->g;
  ag_ref x = X, w = T(1, "weight");
  ag_conv_options o = {.groups = INT(6, "groups", 1)};
  spatial_list(s, 3, "stride", n, o.stride, 1), spatial_list(s, 5, "dilation", n, o.dilation, 1);
  if (is(s, 4, "padding", "same")) o.padding = AG_PAD_SAME;
  else if (!is(s, 4, "padding", "valid"))
    spatial_list(s, 4, "padding", n, o.before, 0), spatial_list(s, 4, "padding", n, o.after, 0);
  w = ag_movedim(g, ag_movedim(g, w, 0, -1), 0, -2); /* O, I, ... to ..., I, O */
  return channels_first(s, with_bias(s, ag_conv(g, channels_last(s, x, n), w, &o), T(2, "bias")), x, n);
}
static inline ag_ref conv_transpose_row(const sample *s, int n) { /* ..., output_padding, groups, dilation */
  ag_graph *g = s->g;
  ag_ref x = X, w = T(1, "weight");
  int64_t extra[AG_SPATIAL] = {0};
  ag_conv_options o = {.groups = INT(6, "groups", 1)};
  spatial_list(s, 3, "stride", n, o.stride, 1), spatial_list(s, 7, "dilation", n, o.dilation, 1);
  spatial_list(s, 4, "padding", n, o.before, 0), spatial_list(s, 4, "padding", n, o.after, 0);
  spatial_list(s, 5, "output_padding", n, extra, 0);
  w = ag_movedim(g, ag_movedim(g, w, 0, -1), 0, -2); /* I, O, ... to ..., O, I */
  return channels_first(
      s, with_bias(s, ag_conv_transpose(g, channels_last(s, x, n), w, &o, extra), T(2, "bias")), x, n);
}

/* input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override */
static inline ag_ref average_pool_row(sample *s, int n) {
  ag_ref x = X;
  ag_pool_options o = {.round_up = FLAG(4, "ceil_mode"),
                       .count_padding = flag(s, 5, "count_include_pad", true)};
  spatial_list(s, 1, "kernel_size", n, o.size, 1), spatial_list(s, 2, "stride", n, o.stride, 0);
  spatial_list(s, 3, "padding", n, o.before, 0), spatial_list(s, 3, "padding", n, o.after, 0);
  if (has(s, 6, "divisor_override")) return refuse(s, "a divisor other than the window's size");
  return channels_first(s, ag_average_pool(s->g, channels_last(s, x, n), &o), x, n);
}
/* input, kernel_size, stride, padding, dilation, ceil_mode, return_indices */
static inline ag_ref max_pool_row(sample *s, int n) {
  ag_ref x = X;
  ag_pool_options o = {.round_up = FLAG(5, "ceil_mode")};
  spatial_list(s, 1, "kernel_size", n, o.size, 1), spatial_list(s, 2, "stride", n, o.stride, 0);
  spatial_list(s, 3, "padding", n, o.before, 0), spatial_list(s, 3, "padding", n, o.after, 0);
  spatial_list(s, 4, "dilation", n, o.dilation, 1);
  if (FLAG(6, "return_indices")) return refuse(s, "the places of the maxima");
  return channels_first(s, ag_max_pool(s->g, channels_last(s, x, n), &o), x, n);
}
static inline ag_ref adaptive_pool_row(sample *s, int n, bool max) {
  ag_ref x = X, y = channels_last(s, x, n);
  int64_t places[AG_SPATIAL], v[LIST] = {0};
  const char *text = text_of(s, 1, "output_size");
  if (!text || strchr(text, 'N')) return refuse(s, "an extent left open");
  if (FLAG(2, "return_indices")) return refuse(s, "the places of the maxima");
  int m = list(s, 1, "output_size", v);
  for (int a = 0; a < n; a++) places[a] = v[m == 1 ? 0 : a];
  y = max ? ag_adaptive_max_pool(s->g, y, places) : ag_adaptive_average_pool(s->g, y, places);
  return channels_first(s, y, x, n);
}

/* input, size, scale_factor, mode, align_corners */
static inline ag_ref interpolate_row(sample *s, int n, ag_resize how, bool corners) {
  ag_ref x = X, y = channels_last(s, x, n);
  int64_t places[AG_SPATIAL];
  if (!has(s, 1, "size")) return refuse(s, "extents by a factor that need not be their ratio");
  spatial_list(s, 1, "size", n, places, 0);
  return channels_first(s, ag_resize_to(s->g, y, places, how, corners), x, n);
}

/* Normalised over `set`, scaled and shifted along one axis. */
static inline ag_ref standardized(const sample *s, ag_ref x, unsigned set, double epsilon) {
  ag_ref centred = ag_sub(s->g, x, ag_mean(s->g, x, set, true));
  return ag_mul(s->g, centred, ag_rsqrt(s->g, ag_offset(s->g, ag_var(s->g, x, set, 0, true), epsilon)));
}
static inline ag_ref on_channels(const sample *s, ag_ref v, ag_ref x) { /* [C] to [1, C, 1, ...] */
  int64_t shape[TN_MAX_RANK];
  for (int a = 0; a < rank(s, x); a++) shape[a] = a == 1 ? count(s, v) : 1;
  return ag_reshape(s->g, v, rank(s, x), shape);
}
static inline ag_ref affine(const sample *s, ag_ref y, ag_ref scale, ag_ref shift) {
  if (scale.id) y = ag_mul(s->g, y, on_channels(s, scale, y));
  return shift.id ? ag_add(s->g, y, on_channels(s, shift, y)) : y;
}
static inline unsigned all_but(const sample *s, ag_ref x, unsigned kept) {
  return ((1u << rank(s, x)) - 1) & ~kept;
}

static inline ag_ref batch_norm_row(const sample *s, bool training, double epsilon, ag_ref weight,
                                    ag_ref bias) {
  ag_graph *g = s->g;
  ag_ref x = X, mean = T(1, "running_mean"), var = T(2, "running_var"), y;
  if (training || !mean.id) y = standardized(s, x, all_but(s, x, 2), epsilon);
  else
    y = ag_mul(g, ag_sub(g, x, on_channels(s, mean, x)),
               ag_rsqrt(g, ag_offset(g, on_channels(s, var, x), epsilon)));
  return affine(s, y, weight, bias);
}
static inline ag_ref group_norm_row(const sample *s, int64_t groups, double epsilon, ag_ref weight,
                                    ag_ref bias) {
  ag_ref x = X, y = ag_reshape(s->g, x, 3,
                               (int64_t[]){extent(s, x, 0), groups, count(s, x) / extent(s, x, 0) / groups});
  return affine(s, like_shape(s, standardized(s, y, 4, epsilon), x), weight, bias);
}
static inline ag_ref layer_norm_row(const sample *s, double epsilon, bool centred) {
  ag_graph *g = s->g;
  int64_t shape[LIST];
  int n = list(s, 1, "normalized_shape", shape);
  ag_ref x = X, weight = T(2, "weight"), bias = centred ? T(3, "bias") : (ag_ref){0}, y;
  unsigned set = ((1u << n) - 1) << (rank(s, x) - n);
  y = centred ? standardized(s, x, set, epsilon)
              : ag_mul(g, x, ag_rsqrt(g, ag_offset(g, ag_mean(g, ag_square(g, x), set, true), epsilon)));
  if (weight.id) y = ag_mul(g, y, weight);
  return bias.id ? ag_add(g, y, bias) : y;
}

/* Pairs from the last axis on; a negative one cuts off what lies there after the other side was padded. */
static inline ag_ref padded(sample *s, ag_ref x, int mode, double with) {
  int64_t p[LIST];
  int n = list(s, 1, "pad", p);
  for (int i = 0; i < n / 2; i++) {
    int axis = rank(s, x) - 1 - i;
    int64_t before = p[2 * i], after = p[2 * i + 1], front = before < 0 ? -before : 0,
            back = after < 0 ? -after : 0;
    before += front, after += back;
    if (mode == AG_PAD_CIRCULAR && front + back) return refuse(s, "a circle of which a part is cut off");
    if (before || after)
      x = mode < 0 ? ag_pad_value(s->g, x, axis, before, after, with)
                   : ag_pad_mode(s->g, x, axis, before, after, (ag_border)mode);
    if (front || back) x = ag_slice(s->g, x, axis, front, extent(s, x, axis) - front - back);
  }
  return x;
}
static inline ag_ref pad_row(sample *s, ag_ref x, int mode) { return padded(s, x, mode, NUM(3, "value", 0)); }

/* ---- lists of results ---- */

/* Parts of given extents; how many. */
static inline int parts(const sample *s, ag_ref x, int axis, int n, const int64_t *extents, ag_ref *y) {
  ag_split(s->g, x, axis, n, extents, y);
  return n;
}
static inline int chunks(const sample *s, ag_ref x, int axis, int64_t size,
                         ag_ref *y) { /* of this size, the last is the rest */
  int64_t e = extent(s, x, axis), extents[LIST];
  int n = 0;
  for (; e > 0; e -= size) extents[n++] = e < size ? e : size;
  return parts(s, x, axis, n, extents, y);
}
static inline int split_at(const sample *s, ag_ref x, int axis, int n, const int64_t *at,
                           ag_ref *y) { /* behind these places */
  int64_t from = 0, e = extent(s, x, axis), extents[LIST];
  for (int i = 0; i <= n; i++) {
    int64_t to = i == n ? e : at[i] < e ? at[i] : e;
    extents[i] = to - from, from = to;
  }
  return parts(s, x, axis, n + 1, extents, y);
}
static inline int even_parts(const sample *s, ag_ref x, int axis, int64_t n,
                             ag_ref *y) { /* the first ones one longer */
  int64_t e = extent(s, x, axis), extents[LIST];
  for (int i = 0; i < n; i++) extents[i] = e / n + (i < e % n);
  return parts(s, x, axis, (int)n, extents, y);
}
static inline int split_row(const sample *s, int axis, ag_ref *y) { /* by a count or by places */
  int64_t at[LIST];
  const char *text = text_of(s, 1, "indices_or_sections");
  int n = list(s, 1, "indices_or_sections", at);
  bool places = *text == '[' || (*text == '@' && value(s, 1, "indices_or_sections")->rank);
  return places ? split_at(s, X, axis, n, at, y) : even_parts(s, X, axis, at[0], y);
}
static inline int unbound(const sample *s, ag_ref x, int axis, ag_ref *y) {
  ag_unbind(s->g, x, axis, y);
  return (int)extent(s, x, axis);
}
static inline int given(const sample *s, ag_ref *y) { /* all tensors, of lists too */
  for (int i = 0; i < s->n_in; i++) y[i] = s->in[i];
  return s->n_in;
}
#define TWO(A, Z)      (y[0] = (A), y[1] = (Z), 2)
#define THREE(A, M, Z) (y[0] = (A), y[1] = (M), y[2] = (Z), 3)

static inline ag_ref concat_row(const sample *s, int axis) {
  ag_ref x[INPUTS];
  return ag_concat(s->g, x, given(s, x), axis < 0 ? axis + rank(s, s->in[0]) : axis);
}
static inline ag_ref at_least(const sample *s, ag_ref x, int axes) { /* as atleast_1d, _2d, _3d of NumPy */
  if (axes >= 1 && rank(s, x) == 0) x = ag_unsqueeze(s->g, x, 0);
  if (axes >= 2 && rank(s, x) == 1) x = ag_unsqueeze(s->g, x, 0);
  return axes >= 3 && rank(s, x) == 2 ? ag_unsqueeze(s->g, x, 2) : x;
}
static inline int all_at_least(const sample *s, int axes, ag_ref *y) {
  for (int i = 0; i < s->n_in; i++) y[i] = at_least(s, s->in[i], axes);
  return s->n_in;
}

/* ---- shapes ---- */

static inline ag_ref permuted(const sample *s, int p, const char *name) {
  int64_t v[LIST];
  int axes[LIST], n = list(s, p, name, v);
  for (int a = 0; a < n; a++) axes[a] = (int)(v[a] < 0 ? v[a] + n : v[a]);
  return ag_transpose(s->g, X, axes);
}
static inline ag_ref squeezed(const sample *s, ag_ref x) {
  int64_t v[LIST];
  bool given = has(s, 1, "dim");
  int n = list(s, 1, "dim", v), r = rank(s, x);
  unsigned set = given ? 0 : ~0u;
  for (int i = 0; i < n; i++) set |= 1u << (v[i] < 0 ? v[i] + r : v[i]);
  for (int a = r - 1; a >= 0; a--)
    if (set >> a & 1 && extent(s, x, a) == 1) x = ag_squeeze(s->g, x, a);
  return x;
}
static inline ag_ref shape_row(const sample *s, ag_ref x) { /* to the shape that argument 1 gives */
  int64_t v[LIST];
  return reshaped(s, x, list(s, 1, "shape", v), v);
}
static inline ag_ref expand_row(const sample *s) {
  int64_t v[LIST];
  int n = list(s, 1, "size", v);
  return ag_expand(s->g, X, n, v);
}
static inline ag_ref flipped(const sample *s, ag_ref x, unsigned set) {
  for (int a = 0; a < rank(s, x); a++)
    if (set >> a & 1) x = ag_flip(s->g, x, a);
  return x;
}
static inline ag_ref rot90_row(const sample *s, ag_ref x) {
  int64_t v[LIST] = {0, 1};
  int k = (int)(((INT(1, "k", 1) % 4) + 4) % 4);
  list(s, 2, "dims", v);
  int a = (int)(v[0] < 0 ? v[0] + rank(s, x) : v[0]), b = (int)(v[1] < 0 ? v[1] + rank(s, x) : v[1]);
  for (; k > 0; k--) x = ag_swapaxes(s->g, ag_flip(s->g, x, b), a, b);
  return x;
}
static inline ag_ref rolled(const sample *s, ag_ref x) {
  int64_t by[LIST], at[LIST];
  int n = list(s, 1, "shifts", by), m = list(s, 2, "dims", at);
  if (!m) return like_shape(s, ag_roll(s->g, flat(s, x), 0, by[0]), x);
  for (int i = 0; i < n; i++) x = ag_roll(s->g, x, (int)at[i], by[i]);
  return x;
}
static inline ag_ref flatten_row(const sample *s, ag_ref x) {
  return rank(s, x) ? ag_flatten(s->g, x, DIM(1, "start_dim", 0), DIM(2, "end_dim", -1))
                    : ag_unsqueeze(s->g, x, 0);
}
static inline ag_ref unflatten_row(const sample *s, ag_ref x) {
  int64_t v[LIST], to[TN_MAX_RANK];
  int n = list(s, 2, "sizes", v), axis = DIM(1, "dim", 0), r = 0;
  ag_type t = ag_type_of(s->g, x);
  if (axis < 0) axis += t.rank;
  for (int a = 0; a < t.rank; a++)
    if (a != axis) to[r++] = t.shape[a];
    else
      for (int i = 0; i < n; i++) to[r++] = v[i];
  return reshaped(s, x, r, to);
}
static inline ag_ref tile_row(const sample *s, ag_ref x, int p, const char *name) {
  int64_t v[LIST];
  int n = list(s, p, name, v);
  return n ? ag_tile(s->g, x, n, v) : x;
}
static inline ag_ref selected(const sample *s, ag_ref x, int axis, int64_t at) {
  int64_t e = extent(s, x, axis);
  return ag_squeeze(s->g, ag_slice(s->g, x, axis < 0 ? axis + rank(s, x) : axis, at < 0 ? at + e : at, 1),
                    axis);
}
static inline ag_ref narrowed(const sample *s, ag_ref x) {
  int axis = DIM(1, "dim", 0);
  int64_t start = INT(2, "start", 0);
  return ag_slice(s->g, x, axis < 0 ? axis + rank(s, x) : axis,
                  start < 0 ? start + extent(s, x, axis) : start, INT(3, "length", 0));
}
static inline ag_ref summed_to(const sample *s, ag_ref x) {
  int64_t v[LIST];
  int n = list(s, 1, "size", v), r = rank(s, x);
  for (; has(s, n + 1, "") && n > 0; n++) v[n] = INT(n + 1, "", 1);
  unsigned set = 0;
  for (int a = 0; a < r; a++)
    if (a < r - n || (v[a - (r - n)] == 1 && extent(s, x, a) != 1)) set |= 1u << a;
  if (set) x = ag_sum(s->g, x, set, true);
  ag_type t = ag_type_of(s->g, x);
  return ag_reshape(s->g, x, n, t.shape + (r - n));
}
static inline int meshgrid_row(const sample *s, ag_ref *y) {
  ag_ref x[INPUTS];
  int n = given(s, x);
  bool xy = is(s, -1, "indexing", "xy") && n > 1;
  for (int i = 0; i < n; i++) x[i] = vector(s, x[i]);
  ag_ref t = x[0];
  if (xy) x[0] = x[1], x[1] = t;
  ag_meshgrid(s->g, x, n, y);
  t = y[0];
  if (xy) y[0] = y[1], y[1] = t;
  return n;
}

#endif
