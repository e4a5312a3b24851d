/* gaussian_noise.c - see gaussian_noise.h. */
#include "gaussian_noise.h"

ag_ref nn_gaussian_noise(nn_model *m, const char *name, ag_ref x, double sd) {
  if (!nn_building(m)) return (ag_ref){0};
  const char *stream = nn_full_name(m, name);
  if (!nn_enter(m, "nn_gaussian_noise", name)) return (ag_ref){0};
  if (!(sd >= 0)) return nn_refuse(m, TN_EINVAL, "the sd %g must be at least 0", sd);
  if (nn_mode_of(m) == NN_EVAL || sd == 0) return nn_leave(m, x);
  ag_graph *g = nn_graph(m);
  ag_type type = ag_type_of(g, x);
  ag_ref noise = ag_normal(g, stream, type.dtype, type.rank, type.shape);
  return nn_leave(m, ag_add(g, x, ag_scale(g, noise, sd)));
}

static ag_ref tenth(nn_model *m, const ag_ref *in) { return nn_gaussian_noise(m, "noise", in[0], 0.1); }

static const nn_sample samples[] = {
    {.name = "sd 0.1", .n_in = 1, .in = {{.rank = 2, .shape = {4, 3}}}, .build = tenth}};

const nn_row nn_layer_gaussian_noise = {"nn_gaussian_noise", "Adds normal noise while training.", samples, 1};
