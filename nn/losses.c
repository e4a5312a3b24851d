/* losses.c - losses and metrics as graph: means over the batch. */
#include "internal.h"

/* Broadcasting would hide a wrong target: both must have the same shape, and a batch axis. */
static bool check_pair(nn_model *m, const char *who, ag_ref a, ag_ref b, int min_rank) {
  if (!nn__building(m)) return false;
  ag_type x = ag_type_of(m->graph, a), y = ag_type_of(m->graph, b);
  if (nn__same_type(&x, &y) && x.rank >= min_rank) return true;
  char have[96], want[96];
  nn__fail(m, TN_ESHAPE, "%s: %s and %s must be equal shapes with at least %d axes", who,
           nn__shape_text(have, sizeof have, x.rank, x.shape),
           nn__shape_text(want, sizeof want, y.rank, y.shape), min_rank);
  return false;
}

ag_ref nn_mse(nn_model *m, ag_ref prediction, ag_ref target) {
  if (!check_pair(m, "nn_mse", prediction, target, 0)) return (ag_ref){0};
  ag_graph *g = m->graph;
  ag_scope_push(g, "mse");
  ag_ref loss = ag_mean_all(g, ag_square(g, ag_sub(g, prediction, target)));
  ag_scope_pop(g);
  return loss;
}

ag_ref nn_mae(nn_model *m, ag_ref prediction, ag_ref target) {
  if (!check_pair(m, "nn_mae", prediction, target, 0)) return (ag_ref){0};
  ag_graph *g = m->graph;
  ag_scope_push(g, "mae");
  ag_ref loss = ag_mean_all(g, ag_abs(g, ag_sub(g, prediction, target)));
  ag_scope_pop(g);
  return loss;
}

ag_ref nn_softmax_cross_entropy(nn_model *m, ag_ref logits, ag_ref labels) {
  if (!check_pair(m, "nn_softmax_cross_entropy", logits, labels, 1)) return (ag_ref){0};
  ag_graph *g = m->graph;
  ag_type type = ag_type_of(g, logits);
  double examples = 1;
  for (int a = 0; a < type.rank - 1; a++) examples *= (double)type.shape[a];
  ag_scope_push(g, "cross-entropy");
  ag_ref terms = ag_mul(g, labels, ag_log_softmax(g, logits, -1));
  ag_ref loss = ag_scale(g, ag_sum_all(g, terms), -1 / examples);
  ag_scope_pop(g);
  return loss;
}

/* The index of the first largest element along the last axis, as a float; `classes` if one is NaN. */
static ag_ref argmax(ag_graph *g, ag_ref x, ag_ref positions, double classes) {
  ag_ref largest = ag_greater_equal(g, x, ag_max_axis(g, x, -1, true));
  ag_ref candidate = ag_where(g, largest, ag_neg(g, positions), ag_like(g, x, -classes));
  return ag_max_axis(g, candidate, -1, false);
}

/* 0, 1, ... as a constant vector: made by the graph's own allocator, small. */
static ag_ref positions_of(nn_model *m, int64_t n) {
  tn_array a;
  if (tn_array_new(m->alloc, m->dtype, 1, &n, &a) != TN_OK) {
    nn__fail(m, TN_ENOMEM, "nn_accuracy: out of memory");
    return (ag_ref){0};
  }
  for (int64_t i = 0; i < n; i++) tn_set(&a.view, i, (double)i);
  ag_ref c = ag_constant(m->graph, a.view);
  tn_array_free(&a);
  return c;
}

ag_ref nn_accuracy(nn_model *m, ag_ref logits, ag_ref labels) {
  if (!check_pair(m, "nn_accuracy", logits, labels, 1)) return (ag_ref){0};
  ag_graph *g = m->graph;
  ag_type type = ag_type_of(g, logits);
  int64_t classes = type.shape[type.rank - 1];
  ag_ref positions = positions_of(m, classes);
  ag_ref guess = argmax(g, logits, positions, (double)classes);
  return ag_mean_all(g, ag_equal(g, guess, argmax(g, labels, positions, (double)classes)));
}
