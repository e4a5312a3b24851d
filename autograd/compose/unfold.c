/* unfold.c - ag_unfold, the windows of an image, and ag_fold, their overlap-add (conv.h). */
#include "autograd/autograd.h"
#include "autograd/compose/axis.h"
#include "autograd/compose/spatial.h"

/* From [batch, place, tap, place, tap, ..., channels] to [batch, places..., taps..., channels] (`together`),
 * or back. */
static ag_ref reorder(ag_graph *g, ag_ref x, int axes, bool together) {
  int order[TN_MAX_RANK] = {0};
  for (int a = 0; a < axes; a++) {
    int place = 1 + 2 * a, tap = 2 + 2 * a;
    order[together ? 1 + a : place] = together ? place : 1 + a;
    order[together ? 1 + axes + a : tap] = together ? tap : 1 + axes + a;
  }
  order[1 + 2 * axes] = 1 + 2 * axes;
  return axes == 1 ? x : ag_transpose(g, x, order);
}

static bool plain(ag_graph *g, const char *what, const ag_pool_options *o) {
  if (!o->round_up && !o->count_padding) return true;
  ag_fail(g, TN_EINVAL, "%s takes neither round_up nor count_padding", what);
  return false;
}

ag_ref ag_unfold(ag_graph *g, ag_ref x, const ag_pool_options *options) {
  int axes = plain(g, "unfold", options) ? ag__spatial_axes(g, "unfold", x) : 0;
  ag__spatial s[AG_SPATIAL];
  for (int a = 0; a < axes; a++) {
    s[a] = ag__spatial_of(g, "unfold", x, options, a, 1);
    if (!s[a].count) return (ag_ref){0};
  }
  for (int a = axes - 1; a >= 0; a--)
    x = ag_window(g, x, 1 + a, s[a].size, s[a].stride, s[a].dilation, s[a].before, s[a].after);
  return axes ? reorder(g, x, axes, true) : (ag_ref){0};
}

static bool within(int64_t n, int64_t least) { return n >= least && n <= INT32_MAX; }

/* Whether `places` windows of `size` are those of an axis of this extent. */
static bool counts_fit(const ag_pool_options *o, int a, int64_t extent, int64_t places, int64_t size) {
  int64_t stride = o->stride[a] ? o->stride[a] : 1, dilation = o->dilation[a] ? o->dilation[a] : 1;
  int64_t before = o->padding == AG_PAD_VALID ? 0 : o->before[a];
  int64_t after = o->padding == AG_PAD_VALID ? 0 : o->after[a];
  if (size != (o->size[a] ? o->size[a] : 1) || !within(size, 1) || !within(stride, 1) ||
      !within(dilation, 1) || !within(extent, 0) || !within(before, 0) || !within(after, 0))
    return false;
  int64_t rest = extent + before + after - (size - 1) * dilation - 1;
  return rest >= 0 && rest / stride + 1 == places;
}

ag_ref ag_fold(ag_graph *g, ag_ref windows, const int64_t *extents, const ag_pool_options *o) {
  ag_type t = ag_type_of(g, windows);
  int axes = (t.rank - 2) / 2;
  bool fits = t.rank >= 4 && t.rank % 2 == 0 && /* so axes <= AG_SPATIAL */
              (o->padding == AG_PAD_EXPLICIT || o->padding == AG_PAD_VALID);
  if (!ag__given(g, "fold", windows) || !plain(g, "fold", o)) return (ag_ref){0};
  for (int a = 0; a < axes && fits; a++)
    fits = counts_fit(o, a, extents[a], t.shape[1 + a], t.shape[1 + axes + a]);
  if (!fits) {
    ag_fail(g, TN_ESHAPE,
            "fold: want the windows [batch, places..., sizes..., channels] of an image of these extents "
            "and options, not a value of rank %d with other counts",
            t.rank);
    return (ag_ref){0};
  }
  windows = reorder(g, windows, axes, false);
  for (int a = 0; a < axes; a++)
    windows =
        ag_window_add(g, windows, 1 + a, extents[a], o->stride[a] ? o->stride[a] : 1,
                      o->dilation[a] ? o->dilation[a] : 1, o->padding == AG_PAD_VALID ? 0 : o->before[a]);
  return windows;
}
