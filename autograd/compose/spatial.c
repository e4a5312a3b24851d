/* spatial.c - see spatial.h. */
#include "autograd/compose/spatial.h"
#include "autograd/compose/axis.h"
#include "autograd/graph.h"

static int64_t or_else(int64_t n, int64_t otherwise) { return n ? n : otherwise; }

int ag__spatial_axes(ag_graph *g, const char *what, ag_ref x) {
  ag_type t = ag_type_of(g, x);
  char text[128];
  if (!ag__given(g, what, x)) return 0;
  if (t.rank < 3 || t.rank > 2 + AG_SPATIAL) {
    ag_fail(g, TN_ESHAPE, "%s: want [batch, one to three spatial axes, channels], not %s", what,
            ag__type_text(&t, text, sizeof text));
    return 0;
  }
  return t.rank - 2;
}

static void set_padding(const ag_pool_options *o, int a, ag__spatial *s) {
  int64_t reach = (s->size - 1) * s->dilation + 1;
  int64_t total = (s->extent - 1) / s->stride * s->stride + reach - s->extent;
  s->before = s->after = 0;
  if (o->padding == AG_PAD_EXPLICIT) s->before = o->before[a], s->after = o->after[a];
  if (o->padding == AG_PAD_CAUSAL) s->before = reach - 1;
  if (o->padding == AG_PAD_SAME && total > 0) s->before = total / 2, s->after = total - total / 2;
}

/* PyTorch's rule: the last window starts inside x or inside the padding before it. */
static void count_windows(const ag_pool_options *o, ag__spatial *s) {
  int64_t reach = (s->size - 1) * s->dilation + 1, rest = s->extent + s->before + s->after - reach;
  s->count = rest / s->stride + 1;
  if (!o->round_up || rest % s->stride == 0 || s->count * s->stride >= s->extent + s->before) return;
  s->beyond = s->count++ * s->stride - rest;
}

ag__spatial ag__spatial_of(ag_graph *g, const char *what, ag_ref x, const ag_pool_options *o, int a,
                           int64_t stride) {
  const int64_t most = INT32_MAX;
  ag_type t = ag_type_of(g, x);
  char text[128];
  ag__spatial s = {
      .extent = t.shape[1 + a], .size = or_else(o->size[a], 1), .dilation = or_else(o->dilation[a], 1)};
  s.stride = or_else(o->stride[a], or_else(stride, s.size));
  bool fits = s.size >= 1 && s.stride >= 1 && s.dilation >= 1 && s.size <= most && s.stride <= most &&
              s.dilation <= most && s.extent >= 1 && s.extent <= most;
  if ((unsigned)o->padding > AG_PAD_CAUSAL) {
    ag_fail(g, TN_EINVAL, "%s: there is no padding %d", what, (int)o->padding);
    return (ag__spatial){0};
  }
  if (fits) set_padding(o, a, &s);
  fits = fits && s.before >= 0 && s.after >= 0 && s.before <= most && s.after <= most &&
         (s.size - 1) * s.dilation < s.extent + s.before + s.after;
  if (fits) return count_windows(o, &s), s;
  ag_fail(g, TN_ESHAPE,
          "%s: along spatial axis %d windows of %lld (stride %lld, dilation %lld) do not fit into %lld "
          "places with %lld "
          "and %lld around them (x %s)",
          what, a, (long long)s.size, (long long)s.stride, (long long)s.dilation, (long long)s.extent,
          (long long)o->before[a], (long long)o->after[a], ag__type_text(&t, text, sizeof text));
  return (ag__spatial){0};
}
