/* upsample.c - see upsample.h. */
#include "upsample.h"

#include "../model/text.h"

#include <math.h>

/* Every place of the axis, factor times. */
static ag_ref repeated(ag_graph *g, ag_ref x, int axis, int64_t factor) {
  ag_type t = ag_type_of(g, x);
  int64_t shape[TN_MAX_RANK];
  for (int a = 0; a <= t.rank; a++) shape[a] = a <= axis ? t.shape[a] : t.shape[a - 1];
  shape[axis + 1] = 1;
  x = ag_reshape(g, x, t.rank + 1, shape);
  shape[axis + 1] = factor;
  x = ag_broadcast(g, x, t.rank + 1, shape);
  t.shape[axis] *= factor;
  return ag_reshape(g, x, t.rank, t.shape);
}

/* Where output place i lies among the input's, and the weight of input place j there. */
static double weight(const int64_t *index, const void *ctx) {
  const int64_t *extent_factor = ctx;
  double at = ((double)index[0] + 0.5) / (double)extent_factor[1] - 0.5;
  double last = (double)(extent_factor[0] - 1);
  at = at < 0 ? 0 : at > last ? last : at;
  return fmax(0, 1 - fabs(at - (double)index[1]));
}

/* The axis times a constant matrix [factor extent, extent]. */
static ag_ref interpolated(nn_model *m, ag_ref x, int axis, int64_t factor) {
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  int64_t extent = t.shape[axis], outer = tn_numel(axis, t.shape);
  int64_t inner = tn_numel(t.rank - axis - 1, t.shape + axis + 1);
  ag_ref w = nn_constant(m, 2, (int64_t[]){factor * extent, extent}, weight, (int64_t[]){extent, factor});
  ag_ref y = ag_matmul(g, w, ag_reshape(g, x, 3, (int64_t[]){outer, extent, inner}));
  t.shape[axis] *= factor;
  return ag_reshape(g, y, t.rank, t.shape);
}

ag_ref nn_upsample(nn_model *m, const char *name, ag_ref x, const int64_t *factors, nn_interpolation how) {
  if (!nn_enter(m, "nn_upsample", name)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  char have[NN_SHAPE_TEXT];
  nn_shape_text(have, t.rank, t.shape);
  if (t.rank < 3 || t.rank > AG_SPATIAL + 2)
    return nn_refuse(m, TN_ESHAPE, "the input must be [batch, 1 to %d spatial axes, channels], not %s",
                     AG_SPATIAL, have);
  for (int a = 0; a < t.rank - 2; a++) {
    if (factors[a] < 1)
      return nn_refuse(m, TN_EINVAL, "the factor %lld along axis %d of %s must be at least 1",
                       (long long)factors[a], a, have);
    if (factors[a] == 1) continue;
    x = how == NN_NEAREST ? repeated(g, x, a + 1, factors[a]) : interpolated(m, x, a + 1, factors[a]);
  }
  return nn_leave(m, x);
}

static ag_ref nearest(nn_model *m, const ag_ref *in) {
  return nn_upsample(m, "up", in[0], (int64_t[]){2, 3}, NN_NEAREST);
}
static ag_ref linear(nn_model *m, const ag_ref *in) {
  return nn_upsample(m, "up", in[0], (int64_t[]){2, 3}, NN_INTERPOLATE_LINEAR);
}

static const nn_sample samples[] = {
    {.name = "nearest", .n_in = 1, .in = {{.rank = 4, .shape = {2, 3, 2, 2}}}, .build = nearest},
    {.name = "bilinear", .n_in = 1, .in = {{.rank = 4, .shape = {2, 3, 2, 2}}}, .build = linear},
};

const nn_row nn_layer_upsample = {"nn_upsample", "Images made larger by whole factors.", samples, 2};
