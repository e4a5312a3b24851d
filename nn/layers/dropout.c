/* dropout.c - see dropout.h. */
#include "dropout.h"

ag_ref nn_dropout(nn_model *m, const char *name, ag_ref x, double rate) {
  if (!nn_building(m)) return (ag_ref){0};
  const char *stream = nn_full_name(m, name);
  if (!nn_enter(m, "nn_dropout", name)) return (ag_ref){0};
  if (!(rate >= 0 && rate < 1))
    return nn_refuse(m, TN_EINVAL, "the rate %g must be at least 0 and below 1", rate);
  if (nn_mode_of(m) == NN_EVAL || rate == 0) return nn_leave(m, x);
  ag_graph *g = nn_graph(m);
  ag_type type = ag_type_of(g, x);
  ag_ref keep = ag_bernoulli(g, stream, type.dtype, type.rank, type.shape, 1 - rate);
  return nn_leave(m, ag_mul(g, x, ag_scale(g, keep, 1 / (1 - rate))));
}

static ag_ref half(nn_model *m, const ag_ref *in) { return nn_dropout(m, "drop", in[0], 0.5); }

static const nn_sample samples[] = {
    {.name = "half", .n_in = 1, .in = {{.rank = 2, .shape = {4, 3}}}, .build = half}};

const nn_row nn_layer_dropout = {
    "nn_dropout", "Sets elements to 0 at random while training, and scales the others up.", samples, 1};
