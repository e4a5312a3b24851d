/* mse.c - see mse.h. */
#include "mse.h"

ag_ref nn_mse(nn_model *m, ag_ref prediction, ag_ref target) {
  if (!nn_same_shape(m, "nn_mse", prediction, target, 0)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_scope_push(g, "mse");
  ag_ref loss = ag_mean_all(g, ag_square(g, ag_sub(g, prediction, target)));
  ag_scope_pop(g);
  return loss;
}

static ag_ref pair(nn_model *m, const ag_ref *in) { return nn_mse(m, in[0], in[1]); }

static const nn_sample samples[] = {
    {.name = "pair",
     .n_in = 2,
     .in = {{.rank = 2, .shape = {4, 3}}, {.rank = 2, .shape = {4, 3}}},
     .build = pair},
};

const nn_row nn_loss_mse = {"nn_mse", "The mean of the squared differences.", samples, 1};
