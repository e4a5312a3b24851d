/* prox_l1.c - see prox_l1.h. */
#include "prox_l1.h"

/* sign(p) max(0, |p| - t) */
static ag_ref l1(ag_graph *g, ag_ref p, ag_ref step, const void *ctx) {
  double lambda = *(const double *)ctx;
  if (lambda == 0) return p;
  ag_ref t = ag_scale(g, step, lambda);
  return ag_sub(g, ag_relu(g, ag_sub(g, p, t)), ag_relu(g, ag_sub(g, ag_neg(g, p), t)));
}

void nn_prox_l1(nn_model *m, const char *glob, double lambda) {
  nn_prox_weighted(m, "nn_prox_l1", glob, l1, lambda);
}
