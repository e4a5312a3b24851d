/* upsample.c - see upsample.h. */
#include "upsample.h"

#include "../model/text.h"

ag_ref nn_upsample(nn_model *m, const char *name, ag_ref x, const int64_t *factors, ag_resize how) {
  if (!nn_enter(m, "nn_upsample", name)) return (ag_ref){0};
  ag_type t = ag_type_of(nn_graph(m), x);
  int64_t extents[AG_SPATIAL];
  char have[NN_SHAPE_TEXT];
  nn_shape_text(have, t.rank, t.shape);
  if (t.rank < 3 || t.rank > AG_SPATIAL + 2)
    return nn_refuse(m, TN_ESHAPE, "the input must be [batch, 1 to %d spatial axes, channels], not %s",
                     AG_SPATIAL, have);
  for (int a = 0; a < t.rank - 2; a++) {
    if (factors[a] < 1)
      return nn_refuse(m, TN_EINVAL, "the factor %lld along axis %d of %s must be at least 1",
                       (long long)factors[a], a, have);
    extents[a] = factors[a] * t.shape[a + 1];
  }
  return nn_leave(m, ag_resize_to(nn_graph(m), x, extents, how, false));
}

static ag_ref nearest(nn_model *m, const ag_ref *in) {
  return nn_upsample(m, "up", in[0], (int64_t[]){2, 3}, AG_RESIZE_NEAREST);
}
static ag_ref linear(nn_model *m, const ag_ref *in) {
  return nn_upsample(m, "up", in[0], (int64_t[]){2, 3}, AG_RESIZE_LINEAR);
}
static ag_ref cubic(nn_model *m, const ag_ref *in) {
  return nn_upsample(m, "up", in[0], (int64_t[]){2, 2}, AG_RESIZE_CUBIC);
}

static const nn_sample samples[] = {
    {.name = "nearest", .n_in = 1, .in = {{.rank = 4, .shape = {2, 3, 2, 2}}}, .build = nearest},
    {.name = "bilinear", .n_in = 1, .in = {{.rank = 4, .shape = {2, 3, 2, 2}}}, .build = linear},
    {.name = "bicubic", .n_in = 1, .in = {{.rank = 4, .shape = {2, 3, 4, 1}}}, .build = cubic},
};

const nn_row nn_layer_upsample = {"nn_upsample", "Enlarges images by whole factors.", samples, 3};
