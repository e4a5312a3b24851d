/* accuracy.c - see accuracy.h. */
#include "accuracy.h"

/* The index of the first largest element along the last axis, as a float; `classes` if one is NaN. */
static ag_ref argmax(ag_graph *g, ag_ref x, ag_ref positions, double classes) {
  ag_ref largest = ag_greater_equal(g, x, ag_max_axis(g, x, -1, true));
  ag_ref candidate = ag_where(g, largest, ag_neg(g, positions), ag_like(g, x, -classes));
  return ag_max_axis(g, candidate, -1, false);
}

static double position(const int64_t *index, const void *ctx) { return (void)ctx, (double)index[0]; }

ag_ref nn_accuracy(nn_model *m, ag_ref logits, ag_ref labels) {
  if (!nn_same_shape(m, "nn_accuracy", logits, labels, 1)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type type = ag_type_of(g, logits);
  int64_t classes = type.shape[type.rank - 1];
  ag_ref positions = nn_constant(m, 1, &classes, position, NULL);
  ag_ref guess = argmax(g, logits, positions, (double)classes);
  return ag_mean_all(g, ag_equal(g, guess, argmax(g, labels, positions, (double)classes)));
}

static ag_ref pair(nn_model *m, const ag_ref *in) { return nn_accuracy(m, in[0], in[1]); }

static const nn_sample samples[] = {
    {.name = "pair",
     .n_in = 2,
     .in = {{.rank = 2, .shape = {4, 3}}, {.rank = 2, .shape = {4, 3}}},
     .build = pair,
     .order = -1},
};

const nn_row nn_metric_accuracy = {
    "nn_accuracy", "The fraction of rows whose largest logit is at the largest label.", samples, 1};
