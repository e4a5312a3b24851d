/* kl.c - see kl.h. */
#include "kl.h"

ag_ref nn_kl(nn_model *m, ag_ref log_q, ag_ref target, bool log_target, const nn_loss_options *o) {
  if (!nn_same_shape(m, "nn_kl", log_q, target, 0)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_ref terms = log_target ? ag_mul(g, ag_exp(g, target), ag_sub(g, target, log_q))
                            : ag_sub(g, ag_xlogy(g, target, target), ag_mul(g, target, log_q));
  return nn_reduce(m, "nn_kl", terms, o);
}

static ag_ref batch_mean(nn_model *m, const ag_ref *in) {
  return nn_kl(m, in[0], in[1], false, &(nn_loss_options){.reduction = NN_BATCH_MEAN});
}
static ag_ref logs(nn_model *m, const ag_ref *in) { return nn_kl(m, in[0], in[1], true, NULL); }

static const nn_sample samples[] = {
    {.name = "batch mean",
     .n_in = 2,
     .in = {{.rank = 2, .shape = {4, 3}}, {.rank = 2, .shape = {4, 3}, .low = 0.05, .high = 1}},
     .build = batch_mean},
    {.name = "logarithms",
     .n_in = 2,
     .in = {{.rank = 2, .shape = {4, 3}}, {.rank = 2, .shape = {4, 3}}},
     .build = logs},
};

const nn_row nn_loss_kl = {"nn_kl", "The Kullback-Leibler divergence of two distributions.", samples, 2};
