/* prox_group_lasso.c - see prox_group_lasso.h. */
#include "prox_group_lasso.h"

/* row max(0, 1 - t / |row|). Computed as a quotient of norms, so that t = 0 changes no bit and a row that is
 * removed is exactly 0. */
static ag_ref shrink_rows(ag_graph *g, ag_ref p, ag_ref t) {
  ag_ref norm = ag_row_norm(g, p), zero = ag_like(g, norm, 0);
  ag_ref left = ag_relu(g, ag_sub(g, norm, t));
  ag_ref divisor = ag_where(g, ag_greater(g, norm, zero), norm, ag_like(g, norm, 1));
  return ag_mul(g, p, ag_div(g, left, divisor));
}

static ag_ref group_lasso(ag_graph *g, ag_ref p, ag_ref step, const void *ctx) {
  double lambda = *(const double *)ctx;
  if (ag_type_of(g, p).rank < 2) {
    ag_fail(g, TN_ESHAPE, "nn_prox_group_lasso: rows are the groups, so a parameter needs two axes or more");
    return (ag_ref){0};
  }
  return lambda == 0 ? p : shrink_rows(g, p, ag_scale(g, step, lambda));
}

static ag_ref adaptive_lasso(ag_graph *g, ag_ref p, ag_ref step, const void *ctx) {
  const tn_view *lambda = ctx;
  ag_type t = ag_type_of(g, p);
  if (t.rank != 2 || lambda->rank != 2 || lambda->shape[0] != t.shape[0] || lambda->shape[1] != 1) {
    ag_fail(g, TN_ESHAPE, "nn_prox_adaptive_lasso: needs a parameter [rows, n] and penalties [rows, 1]");
    return (ag_ref){0};
  }
  return shrink_rows(g, p, ag_mul(g, step, ag_constant(g, *lambda)));
}

void nn_prox_group_lasso(nn_model *m, const char *glob, double lambda) {
  nn_prox_weighted(m, "nn_prox_group_lasso", glob, group_lasso, lambda);
}

void nn_prox_adaptive_lasso(nn_model *m, const char *glob, const tn_view *lambda) {
  nn_prox(m, glob, adaptive_lasso, lambda);
}
