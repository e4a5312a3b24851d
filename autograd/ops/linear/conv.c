#include "tensor/conv.h"
#include "autograd/graph.h"
#include "autograd/ops/op.h"

#include <stdio.h>
#include <string.h>

/* attr.i: for each of three axes stride, dilation, input dilation, zeros before, zeros after (0 for axes that
 * there are not); groups; the layouts, three bits per operand. */
enum { STRIDE = 0, DILATION = 3, SPREAD = 6, BEFORE = 9, AFTER = 12, GROUPS = 15, LAYOUTS = 16 };
enum { X, KERNEL, Y };

static unsigned layout_of(const ag_attr *attr, int operand) {
  return (unsigned)attr->i[LAYOUTS] >> (3 * operand) & 7;
}

/* ---- shapes ---- */

/* The axes of an operand: groups divide `col`, not `row`; `space` is the first spatial axis. */
typedef struct roles {
  int row, col, space;
} roles;

/* Without layout flags an image is [row, spatial..., col] and a kernel [spatial..., row, col]. */
static roles roles_of(int operand, unsigned layout, int rank) {
  bool spatial_first = (operand == KERNEL) != ((layout & AG_LAYOUT_MOVED) != 0);
  return (roles){.row = spatial_first ? rank - 2 : 0, .col = rank - 1, .space = spatial_first ? 0 : 1};
}

static bool swapped(unsigned layout) { return layout & AG_LAYOUT_SWAPPED; }

typedef struct extents {
  int64_t from, to, space[TN_CONV_AXES];
} extents;

/* The extents of an operand seen as a matrix at each position: an image batch by channels, a kernel input by
 * output channels. */
static extents extents_of(int operand, unsigned layout, const ag_type *t, int64_t groups) {
  roles r = roles_of(operand, layout, t->rank);
  int64_t row = t->shape[r.row], col = t->shape[r.col] / groups;
  extents e = {.from = swapped(layout) ? col : row, .to = swapped(layout) ? row : col};
  for (int a = 0; a < TN_CONV_AXES; a++) e.space[a] = a < t->rank - 2 ? t->shape[r.space + a] : 1;
  return e;
}

enum { SENTENCE = 160 };

/* The extent of the output along an axis; -1, with a message in `why`, if there is none. */
static int64_t places_of(const ag_attr *attr, int axis, int64_t size, int64_t taps, char *why) {
  const int64_t *i = attr->i + axis;
  int64_t padded, reach;
  if (i[STRIDE] < 1 || i[DILATION] < 1 || i[SPREAD] < 1) {
    snprintf(why, SENTENCE, "stride %lld, dilation %lld or input dilation %lld of axis %d is not positive",
             (long long)i[STRIDE], (long long)i[DILATION], (long long)i[SPREAD], axis);
    return -1;
  }
  bool fits = size >= 1 && taps >= 1 && !__builtin_mul_overflow(size - 1, i[SPREAD], &padded) &&
              !__builtin_add_overflow(padded, 1 + i[BEFORE], &padded) &&
              !__builtin_add_overflow(padded, i[AFTER], &padded) &&
              !__builtin_mul_overflow(taps - 1, i[DILATION], &reach) && reach < padded;
  if (fits) return (padded - reach - 1) / i[STRIDE] + 1;
  snprintf(why, SENTENCE,
           "along axis %d the kernel of %lld does not fit into %lld with %lld and %lld around them", axis,
           (long long)taps, (long long)size, (long long)i[BEFORE], (long long)i[AFTER]);
  return -1;
}

/* Sets the extents of the convolution (not strides and memory). Returns false, with a message in `why`, if
 * the operands do not fit. */
static bool measure(const ag_type *x, const ag_type *kernel, const ag_attr *attr, tn_conv *c, char *why) {
  *c = (tn_conv){.dtype = x->dtype, .groups = attr->i[GROUPS]};
  snprintf(why, SENTENCE, "want one float type and one to three spatial axes in both");
  if (x->dtype != kernel->dtype || !ag__is_float(x->dtype)) return false;
  if (x->rank != kernel->rank || x->rank < 3 || x->rank > 2 + TN_CONV_AXES) return false;
  snprintf(why, SENTENCE, "%lld groups do not divide the channels", (long long)c->groups);
  if (c->groups < 1 || x->shape[x->rank - 1] % c->groups || kernel->shape[kernel->rank - 1] % c->groups)
    return false;
  const extents images = extents_of(X, layout_of(attr, X), x, c->groups);
  const extents taps = extents_of(KERNEL, layout_of(attr, KERNEL), kernel, c->groups);
  c->batch = images.from, c->in = taps.from, c->out = taps.to;
  memcpy(c->size, images.space, sizeof c->size);
  memcpy(c->taps, taps.space, sizeof c->taps);
  snprintf(why, SENTENCE, "a group of x has %lld channels, the kernel wants %lld", (long long)images.to,
           (long long)c->in);
  if (images.to != c->in) return false;
  for (int a = 0; a < TN_CONV_AXES; a++) {
    bool there = a < x->rank - 2;
    c->stride[a] = there ? attr->i[STRIDE + a] : 1;
    c->dilation[a] = there ? attr->i[DILATION + a] : 1;
    c->spread[a] = there ? attr->i[SPREAD + a] : 1;
    c->before[a] = there ? attr->i[BEFORE + a] : 0;
    c->places[a] = there ? places_of(attr, a, c->size[a], c->taps[a], why) : 1;
    if (c->places[a] < 0) return false;
  }
  return true;
}

static bool conv_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  tn_conv c;
  char why[SENTENCE];
  (void)n;
  if (!measure(&in[0], &in[1], attr, &c, why)) return false;
  unsigned layout = layout_of(attr, Y);
  roles r = roles_of(Y, layout, in->rank);
  *out = (ag_type){.dtype = in->dtype, .rank = in->rank};
  out->shape[r.row] = swapped(layout) ? c.out : c.batch;
  for (int a = 0; a < in->rank - 2; a++) out->shape[r.space + a] = c.places[a];
  return !__builtin_mul_overflow(swapped(layout) ? c.batch : c.out, c.groups, &out->shape[r.col]) &&
         ag__countable(out);
}

/* ---- kernel ---- */

static tn_conv_operand operand(int which, unsigned layout, const tn_view *v, int64_t groups) {
  roles r = roles_of(which, layout, v->rank);
  tn_conv_operand o = {.data = v->data, .row = v->stride[r.row], .col = v->stride[r.col]};
  o.group = v->shape[r.col] / groups * v->stride[r.col];
  if (swapped(layout)) o.row = v->stride[r.col], o.col = v->stride[r.row];
  for (int a = 0; a < v->rank - 2; a++) {
    o.space[a] = v->stride[r.space + a];
    if (!(layout & AG_LAYOUT_FLIPPED)) continue;
    o.data = (char *)o.data + (v->shape[r.space + a] - 1) * o.space[a] * (int64_t)tn_dtype_size(v->dtype);
    o.space[a] = -o.space[a];
  }
  return o;
}

/* Moves the axes so that the last spatial axis is axis 2 for any rank: tn_convolve runs its lines along
 * that. */
static void shift_axes(int64_t *axes, int by, int64_t fill) {
  for (int a = TN_CONV_AXES - 1; a >= 0; a--) axes[a] = a >= by ? axes[a - by] : fill;
}

static void conv_run(const ag_call *call) {
  tn_conv c;
  char why[SENTENCE];
  ag_type t[2];
  for (int i = 0; i < 2; i++) {
    t[i] = (ag_type){.dtype = call->in[i].dtype, .rank = call->in[i].rank};
    memcpy(t[i].shape, call->in[i].shape, sizeof t[i].shape);
  }
  (void)measure(&t[0], &t[1], call->attr, &c, why); /* it fitted when the node was made */
  c.x = operand(X, layout_of(call->attr, X), &call->in[0], c.groups);
  c.kernel = operand(KERNEL, layout_of(call->attr, KERNEL), &call->in[1], c.groups);
  c.y = operand(Y, layout_of(call->attr, Y), &call->out, c.groups);
  int missing = TN_CONV_AXES - (call->out.rank - 2);
  int64_t *ones[] = {c.size, c.taps, c.places, c.stride, c.dilation, c.spread};
  int64_t *zeros[] = {c.before, c.x.space, c.kernel.space, c.y.space};
  for (int i = 0; i < 6; i++) shift_axes(ones[i], missing, 1);
  for (int i = 0; i < 4; i++) shift_axes(zeros[i], missing, 0);
  tn_convolve(&c, call->threads);
}

/* ---- derivative ---- */

static ag_conv_options options_of(const ag_attr *attr) {
  ag_conv_options o = {.groups = attr->i[GROUPS],
                       .x_layout = layout_of(attr, X),
                       .kernel_layout = layout_of(attr, KERNEL),
                       .y_layout = layout_of(attr, Y)};
  const size_t bytes = sizeof o.stride;
  memcpy(o.stride, attr->i + STRIDE, bytes), memcpy(o.dilation, attr->i + DILATION, bytes);
  memcpy(o.input_dilation, attr->i + SPREAD, bytes);
  memcpy(o.before, attr->i + BEFORE, bytes), memcpy(o.after, attr->i + AFTER, bytes);
  return o;
}

/* With respect to x: dy, dilated by the stride, convolved with the flipped kernel, whose input and output
 * channels are swapped. */
static ag_ref by_input(ag_graph *g, const tn_conv *c, const ag_conv_options *o, int axes, ag_ref dy,
                       ag_ref kernel) {
  ag_conv_options b = *o;
  for (int a = 0; a < axes; a++) {
    int64_t reach = (c->taps[a] - 1) * o->dilation[a] + 1, spread = (c->places[a] - 1) * o->stride[a] + 1;
    b.stride[a] = o->input_dilation[a];
    b.input_dilation[a] = o->stride[a];
    b.before[a] = reach - 1 - o->before[a];
    b.after[a] = (c->size[a] - 1) * o->input_dilation[a] + reach - b.before[a] - spread;
  }
  b.x_layout = o->y_layout, b.y_layout = o->x_layout;
  b.kernel_layout ^= AG_LAYOUT_SWAPPED | AG_LAYOUT_FLIPPED;
  return ag_conv(g, dy, kernel, &b);
}

/* With respect to the kernel: x convolved with dy, where the batch takes the part of the channels that are
 * summed over. Taps and places, and stride and dilation, change roles. */
static ag_ref by_kernel(ag_graph *g, const tn_conv *c, const ag_conv_options *o, int axes, ag_ref x,
                        ag_ref dy) {
  ag_conv_options b = *o;
  for (int a = 0; a < axes; a++) {
    b.stride[a] = o->dilation[a];
    b.dilation[a] = o->stride[a];
    b.after[a] = (c->taps[a] - 1) * o->dilation[a] + (c->places[a] - 1) * o->stride[a] - o->before[a] -
                 (c->size[a] - 1) * o->input_dilation[a];
  }
  b.x_layout = o->x_layout ^ AG_LAYOUT_SWAPPED;
  b.kernel_layout = o->y_layout ^ AG_LAYOUT_MOVED;
  b.y_layout = o->kernel_layout ^ AG_LAYOUT_MOVED;
  return ag_conv(g, x, dy, &b);
}

static void conv_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_ref x = ag_in(g, y, 0), kernel = ag_in(g, y, 1);
  ag_type tx = ag_type_of(g, x), tk = ag_type_of(g, kernel);
  ag_conv_options o = options_of(ag_attr_of(g, y));
  tn_conv c;
  char why[SENTENCE];
  (void)measure(&tx, &tk, ag_attr_of(g, y), &c, why);
  dx[0] = by_input(g, &c, &o, tx.rank - 2, dy, kernel);
  dx[1] = by_kernel(g, &c, &o, tx.rank - 2, x, dy);
}

/* Cases have ranks 3 and 4 only, as ag_case has room for four axes. tests/autograd/test_conv.c checks
 * values. */
const ag_op ag_op_conv = {
    .name = "conv",
    .doc =
        "the convolution of [batch, spatial..., channels] with a kernel [spatial..., channels / groups, "
        "output "
        "channels], in one to three dimensions: stride, dilations of kernel and input, zeros around, groups, "
        "layouts (conv.h). Channels are last: PyTorch's NCHW is NHWC here, its OIHW kernel HWIO. Derivatives "
        "are convolutions",
    .kind = AG_CONTRACTION,
    .arity = 2,
    .infer = conv_infer,
    .run = conv_run,
    .vjp = conv_vjp,
    AG_CASES({.n_in = 2,
              .in = {{3, {2, 7, 3}}, {3, {3, 3, 4}}},
              .attr.i = {1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 1}},
             {.n_in = 2,
              .in = {{3, {2, 9, 2}}, {3, {3, 2, 3}}},
              .attr.i = {2, 0, 0, 2, 0, 0, 1, 0, 0, 2, 0, 0, 0, 0, 0, 1}},
             {.n_in = 2,
              .in = {{3, {2, 5, 4}}, {3, {3, 2, 6}}},
              .attr.i = {2, 0, 0, 1, 0, 0, 3, 0, 0, -1, 0, 0, 2, 0, 0, 2}},
             {.n_in = 2,
              .in = {{4, {2, 5, 6, 3}}, {4, {3, 2, 3, 2}}},
              .attr.i = {1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1}},
             {.n_in = 2,
              .in = {{4, {1, 6, 7, 2}}, {4, {2, 3, 2, 3}}},
              .attr.i = {2, 3, 0, 2, 1, 0, 1, 2, 0, 1, 2, 0, 0, 1, 0, 1}},
             {.n_in = 2,
              .in = {{4, {2, 5, 5, 4}}, {4, {3, 3, 1, 8}}},
              .attr.i = {2, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 4}},
             {.n_in = 2,
              .in = {{4, {3, 5, 4, 2}}, {4, {2, 3, 3, 2}}},
              .attr.i = {1, 2, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 0, 1, 0, 2, 1 | 4 << 3 | 3 << 6}},
             {.n_in = 2,
              .in = {{4, {4, 4, 3, 6}}, {4, {2, 3, 3, 6}}},
              .attr.i = {1, 1, 0, 1, 1, 0, 2, 1, 0, 1, 1, 0, 1, 1, 0, 2, 6 | 3 << 3 | 4 << 6}})};

/* ---- construction ---- */

static int64_t or_one(int64_t n) { return n ? n : 1; }

/* Sets the zeros around x if the padding is given by a rule. */
static void set_padding(const ag_conv_options *o, int64_t *i, int64_t size, int64_t taps) {
  int64_t reach = (taps - 1) * i[DILATION] + 1, extent = (size - 1) * i[SPREAD] + 1;
  int64_t total = ((extent - 1) / i[STRIDE]) * i[STRIDE] + reach - extent;
  if (o->padding != AG_PAD_EXPLICIT) i[BEFORE] = i[AFTER] = 0;
  if (o->padding == AG_PAD_CAUSAL) i[BEFORE] = reach - 1;
  if (o->padding != AG_PAD_SAME || total <= 0) return;
  i[BEFORE] = total / 2, i[AFTER] = total - total / 2;
}

/* Products of two numbers that are not do not overflow. */
static bool is_far(int64_t n) { return n > INT32_MAX || n < -INT32_MAX; }

static bool put_options(const ag_conv_options *o, const ag_type *x, const ag_type *kernel, ag_attr *attr,
                        char *why) {
  roles rx = roles_of(X, o->x_layout, x->rank), rk = roles_of(KERNEL, o->kernel_layout, kernel->rank);
  attr->i[GROUPS] = or_one(o->groups);
  attr->i[LAYOUTS] = (o->x_layout & 7) | (o->kernel_layout & 7) << 3 | (o->y_layout & 7) << 6;
  for (int a = 0; a < x->rank - 2 && a < AG_SPATIAL && x->rank == kernel->rank; a++) {
    int64_t *i = attr->i + a;
    i[STRIDE] = or_one(o->stride[a]), i[DILATION] = or_one(o->dilation[a]);
    i[SPREAD] = or_one(o->input_dilation[a]);
    i[BEFORE] = o->before[a], i[AFTER] = o->after[a];
    if (is_far(i[STRIDE]) || is_far(i[DILATION]) || is_far(i[SPREAD]) || is_far(i[BEFORE]) ||
        is_far(i[AFTER])) {
      snprintf(why, SENTENCE, "an option of axis %d is beyond 2^31 - 1", a);
      return false;
    }
    if (i[STRIDE] > 0 && i[DILATION] > 0 && i[SPREAD] > 0)
      set_padding(o, i, x->shape[rx.space + a], kernel->shape[rk.space + a]);
  }
  return true;
}

/* Whether the kernel has one tap and stride, padding and groups do nothing: then the convolution is a matrix
 * product over channels. */
static bool is_product(const ag_type *x, const tn_conv *c, const ag_attr *attr) {
  bool plain = c->groups == 1 && attr->i[LAYOUTS] == 0;
  for (int a = 0; a < x->rank - 2; a++)
    plain &= c->taps[a] == 1 && c->stride[a] == 1 && c->spread[a] == 1 && c->before[a] == 0 &&
             c->places[a] == c->size[a];
  return plain;
}

static bool known(ag_graph *g, const ag_conv_options *o) {
  const unsigned layouts = AG_LAYOUT_SWAPPED | AG_LAYOUT_MOVED | AG_LAYOUT_FLIPPED;
  if ((unsigned)o->padding > AG_PAD_CAUSAL)
    ag_fail(g, TN_EINVAL, "conv: there is no padding %d", (int)o->padding);
  else if ((o->x_layout | o->kernel_layout | o->y_layout) & ~layouts)
    ag_fail(g, TN_EINVAL, "conv: there is no layout %u (x), %u (kernel) or %u (y)", o->x_layout,
            o->kernel_layout, o->y_layout);
  return ag_status(g) == TN_OK;
}

ag_ref ag_conv(ag_graph *g, ag_ref x, ag_ref kernel, const ag_conv_options *options) {
  static const ag_conv_options none = {.groups = 1};
  ag_type tx = ag_type_of(g, x), tk = ag_type_of(g, kernel);
  ag_attr attr = {0};
  tn_conv c;
  char why[SENTENCE], text[2][128];
  if (!x.id || !kernel.id) return AG_EMIT(g, &ag_op_conv, &attr, x, kernel);
  if (options && !known(g, options)) return (ag_ref){0};
  if (!put_options(options ? options : &none, &tx, &tk, &attr, why) || !measure(&tx, &tk, &attr, &c, why)) {
    ag_fail(g, TN_ESHAPE, "conv: %s (x %s, kernel %s)", why, ag__type_text(&tx, text[0], sizeof text[0]),
            ag__type_text(&tk, text[1], sizeof text[1]));
    return (ag_ref){0};
  }
  if (!is_product(&tx, &c, &attr)) return AG_EMIT(g, &ag_op_conv, &attr, x, kernel);
  return ag_contract(g, x, ag_reshape(g, kernel, 2, (int64_t[]){c.in, c.out}), false, false);
}
