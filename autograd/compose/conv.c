/* conv.c - convolutions that call ag_conv with other options (conv.h). */
#include "autograd/autograd.h"

static int64_t or_one(int64_t n) { return n ? n : 1; }

/* Sets the padding with which the convolution of x, dilated by the stride, has the adjoint's output along
 * axis a. */
static void set_adjoint_padding(const ag_conv_options *o, int a, int64_t taps, int64_t extra,
                                ag_conv_options *c) {
  int64_t stride = or_one(o->stride[a]), reach = (taps - 1) * or_one(o->dilation[a]) + 1;
  int64_t before = o->before[a], after = o->after[a], cut = reach > stride ? reach - stride : 0;
  if (o->padding == AG_PAD_VALID) before = after = 0;
  if (o->padding == AG_PAD_CAUSAL) before = 0, after = reach - stride;
  if (o->padding == AG_PAD_SAME) before = cut / 2, after = reach - stride - before;
  c->input_dilation[a] = stride;
  c->before[a] = reach - 1 - before;
  c->after[a] = reach - 1 - after + extra;
}

static bool is_far(int64_t n) { return n > INT32_MAX || n < -INT32_MAX; }

static bool extra_fits(ag_graph *g, const ag_conv_options *o, int a, int64_t extra) {
  int64_t stride = or_one(o->stride[a]), dilation = or_one(o->dilation[a]);
  if (is_far(stride) || is_far(dilation) || is_far(o->before[a]) || is_far(o->after[a])) {
    ag_fail(g, TN_EINVAL, "conv_transpose: an option of axis %d is beyond 2^31 - 1", a);
    return false;
  }
  if (stride > 0 && dilation > 0 && extra >= 0 && (extra < stride || extra < dilation)) return true;
  ag_fail(g, TN_EINVAL,
          "conv_transpose: stride %lld, dilation %lld and extra %lld of axis %d: want a stride and a "
          "dilation of at "
          "least 1, and fewer extra places than the larger of them",
          (long long)stride, (long long)dilation, (long long)extra, a);
  return false;
}

ag_ref ag_conv_transpose(ag_graph *g, ag_ref x, ag_ref kernel, const ag_conv_options *options,
                         const int64_t *extra) {
  static const ag_conv_options none = {.groups = 1};
  const ag_conv_options *o = options ? options : &none;
  ag_conv_options c = {.groups = o->groups, .kernel_layout = AG_LAYOUT_SWAPPED | AG_LAYOUT_FLIPPED};
  ag_type tk = ag_type_of(g, kernel);
  bool plain = !(o->x_layout | o->kernel_layout | o->y_layout);
  for (int a = 0; a < AG_SPATIAL && a < tk.rank - 2; a++) {
    int64_t more = extra ? extra[a] : 0;
    plain &= o->input_dilation[a] == 0 || o->input_dilation[a] == 1;
    if (!extra_fits(g, o, a, more)) return (ag_ref){0};
    c.dilation[a] = o->dilation[a];
    set_adjoint_padding(o, a, tk.shape[a], more, &c);
  }
  if (!plain) ag_fail(g, TN_EINVAL, "conv_transpose takes neither layouts nor an input dilation");
  return ag_conv(g, x, kernel, &c);
}

ag_ref ag_conv_depthwise(ag_graph *g, ag_ref x, ag_ref kernel, const ag_conv_options *options) {
  ag_conv_options o = options ? *options : (ag_conv_options){.groups = 0};
  ag_type t = ag_type_of(g, kernel);
  if (t.rank < 3) return ag_conv(g, x, kernel, options); /* ag_conv reports the error */
  if (o.kernel_layout || o.groups) {
    ag_fail(g, TN_EINVAL, "conv_depthwise takes neither groups nor a layout of the kernel");
    return (ag_ref){0};
  }
  o.groups = t.shape[t.rank - 2];
  t.shape[t.rank - 1] *= o.groups;
  t.shape[t.rank - 2] = 1;
  return ag_conv(g, x, ag_reshape(g, kernel, t.rank, t.shape), &o);
}
