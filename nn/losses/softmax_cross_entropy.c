/* softmax_cross_entropy.c - see softmax_cross_entropy.h. */
#include "softmax_cross_entropy.h"

#include "sparse_cross_entropy.h"

ag_ref nn_softmax_cross_entropy(nn_model *m, ag_ref logits, ag_ref labels) {
  if (!nn_same_shape(m, "nn_softmax_cross_entropy", logits, labels, 1)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type type = ag_type_of(g, logits);
  double examples = 1;
  for (int a = 0; a < type.rank - 1; a++) examples *= (double)type.shape[a];
  ag_scope_push(g, "cross-entropy");
  ag_ref terms = ag_mul(g, labels, ag_log_softmax(g, logits, -1));
  ag_ref loss = ag_scale(g, ag_sum_all(g, terms), -1 / examples);
  ag_scope_pop(g);
  return loss;
}

static ag_ref pair(nn_model *m, const ag_ref *in) { return nn_softmax_cross_entropy(m, in[0], in[1]); }

static ag_ref smoothed(nn_model *m, const ag_ref *in) {
  return nn_softmax_cross_entropy(m, in[0], nn_smooth_labels(m, in[1], 0.2));
}

static const nn_sample samples[] = {
    {.name = "pair",
     .n_in = 2,
     .in = {{.rank = 2, .shape = {4, 3}}, {.rank = 2, .shape = {4, 3}, .high = 1}},
     .build = pair},
    {.name = "smoothed",
     .n_in = 2,
     .in = {{.rank = 2, .shape = {4, 3}}, {.rank = 2, .shape = {4, 3}, .high = 1}},
     .build = smoothed},
};

const nn_row nn_loss_softmax_cross_entropy = {
    "nn_softmax_cross_entropy", "Cross-entropy between labels and the softmax of logits.", samples, 2};
