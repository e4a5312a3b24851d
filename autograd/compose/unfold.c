/* unfold.c - ag_unfold, the windows of an image, and ag_fold, their overlap-add (conv.h). */
#include "autograd/autograd.h"
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

ag_ref ag_fold(ag_graph *g, ag_ref windows, const int64_t *extents, const ag_pool_options *o) {
  ag_type t = ag_type_of(g, windows);
  int axes = (t.rank - 2) / 2;
  bool fits = t.rank >= 4 && t.rank % 2 == 0 && axes <= AG_SPATIAL &&
              (o->padding == AG_PAD_EXPLICIT || o->padding == AG_PAD_VALID);
  if (!windows.id || !plain(g, "fold", o)) return (ag_ref){0};
  for (int a = 0; a < axes && fits; a++) {
    int64_t size = o->size[a] ? o->size[a] : 1, stride = o->stride[a] ? o->stride[a] : 1;
    int64_t dilation = o->dilation[a] ? o->dilation[a] : 1, valid = o->padding == AG_PAD_VALID;
    int64_t padded = extents[a] + (valid ? 0 : o->before[a] + o->after[a]);
    int64_t rest = padded - (size - 1) * dilation - 1;
    fits = extents[a] >= 0 && extents[a] <= INT32_MAX && size == t.shape[1 + axes + a] && stride > 0 &&
           rest >= 0 && rest / stride + 1 == t.shape[1 + a];
  }
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
