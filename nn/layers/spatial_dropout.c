/* spatial_dropout.c - see spatial_dropout.h. */
#include "spatial_dropout.h"

#include "../model/text.h"

ag_ref nn_spatial_dropout(nn_model *m, const char *name, ag_ref x, double rate) {
  if (!nn_building(m)) return (ag_ref){0};
  const char *stream = nn_full_name(m, name);
  if (!nn_enter(m, "nn_spatial_dropout", name)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  char have[NN_SHAPE_TEXT];
  if (!(rate >= 0 && rate < 1))
    return nn_refuse(m, TN_EINVAL, "the rate %g must be at least 0 and below 1", rate);
  if (t.rank < 3)
    return nn_refuse(m, TN_ESHAPE, "the input must be [batch, places..., channels], not %s",
                     nn_shape_text(have, t.rank, t.shape));
  if (nn_mode_of(m) == NN_EVAL || rate == 0) return nn_leave(m, x);
  for (int a = 1; a < t.rank - 1; a++) t.shape[a] = 1;
  ag_ref keep = ag_bernoulli(g, stream, t.dtype, t.rank, t.shape, 1 - rate);
  return nn_leave(m, ag_mul(g, x, ag_scale(g, keep, 1 / (1 - rate))));
}

static ag_ref half(nn_model *m, const ag_ref *in) { return nn_spatial_dropout(m, "drop", in[0], 0.5); }

static const nn_sample samples[] = {
    {.name = "half", .n_in = 1, .in = {{.rank = 4, .shape = {3, 2, 2, 4}}}, .build = half}};

const nn_row nn_layer_spatial_dropout = {
    "nn_spatial_dropout", "Sets whole channels to 0 at random while training, and scales the others up.",
    samples, 1};
