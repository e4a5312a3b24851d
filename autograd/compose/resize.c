/* resize.c - resizing of images (conv.h): along each spatial axis one product with a constant matrix of
 * weights; nearest neighbour by a whole factor is a repeat. */
#include "autograd/autograd.h"
#include "autograd/compose/spatial.h"
#include "autograd/compose/table.h"

#include <math.h>

typedef struct weights {
  int64_t from, to;
  ag_resize how;
  bool corners;
} weights;

/* Keys 1981 with a = -0.75, as in PyTorch, OpenCV and ONNX. */
static double cubic(double distance) {
  const double a = -0.75, d = fabs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/* The input coordinate of the centre of output pixel i. */
static double centre(const weights *w, int64_t i) {
  if (w->corners) return w->to > 1 ? (double)i * (double)(w->from - 1) / (double)(w->to - 1) : 0;
  return ((double)i + 0.5) * (double)w->from / (double)w->to - 0.5;
}

/* The weight of input pixel j in output pixel i; a pixel beyond an edge counts as the outermost one. */
static double weight(const void *ctx, int64_t at) {
  const weights *w = ctx;
  int64_t i = at / w->from, j = at % w->from;
  if (w->how == AG_RESIZE_NEAREST) return j == i * w->from / w->to;
  double x = centre(w, i), sum = 0;
  if (w->how == AG_RESIZE_LINEAR) x = fmin(fmax(x, 0), (double)(w->from - 1));
  int64_t first = (int64_t)floor(x) - 1;
  for (int64_t k = first; k < first + 4; k++) {
    int64_t place = k < 0 ? 0 : k >= w->from ? w->from - 1 : k;
    double distance = fabs(x - (double)k);
    if (place == j) sum += w->how == AG_RESIZE_CUBIC ? cubic(distance) : fmax(0, 1 - distance);
  }
  return sum;
}

/* Resizes one axis of x, reshaped to [outer, extent, inner]. */
static ag_ref resize_axis(ag_graph *g, ag_ref x, int axis, const weights *w) {
  ag_type t = ag_type_of(g, x);
  int64_t outer = tn_numel(axis, t.shape), inner = tn_numel(t.rank - axis - 1, t.shape + axis + 1);
  int64_t times = w->to / w->from;
  t.shape[axis] = w->to;
  if (w->how == AG_RESIZE_NEAREST && w->to % w->from == 0) {
    ag_ref each = ag_reshape(g, x, 4, (int64_t[]){outer, w->from, 1, inner});
    return ag_reshape(g, ag_broadcast(g, each, 4, (int64_t[]){outer, w->from, times, inner}), t.rank,
                      t.shape);
  }
  ag_ref matrix =
      ag_reshape(g, ag__table(g, t.dtype, w->to * w->from, weight, w), 2, (int64_t[]){w->to, w->from});
  ag_ref y = ag_matmul(g, matrix, ag_reshape(g, x, 3, (int64_t[]){outer, w->from, inner}));
  return ag_reshape(g, y, t.rank, t.shape);
}

ag_ref ag_resize_to(ag_graph *g, ag_ref x, const int64_t *extents, ag_resize how, bool corners) {
  int axes = ag__spatial_axes(g, "resize_to", x);
  if (axes && (how < AG_RESIZE_NEAREST || how > AG_RESIZE_CUBIC || (corners && how == AG_RESIZE_NEAREST))) {
    ag_fail(g, TN_EINVAL, "resize_to: want nearest, linear or cubic; `corners` needs linear or cubic");
    return (ag_ref){0};
  }
  for (int a = axes - 1; a >= 0; a--) {
    weights w = {ag_type_of(g, x).shape[1 + a], extents[a], how, corners};
    if (w.from < 1 || w.to < 1 || w.from > INT32_MAX || w.to > INT32_MAX) {
      ag_fail(g, TN_EINVAL, "resize_to: %lld places of axis %d cannot become %lld", (long long)w.from, a,
              (long long)w.to);
      return (ag_ref){0};
    }
    if (w.from != w.to) x = resize_axis(g, x, 1 + a, &w);
  }
  return axes ? x : (ag_ref){0};
}
