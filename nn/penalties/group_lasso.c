/* group_lasso.c - see group_lasso.h. */
#include "group_lasso.h"

static ag_ref group_lasso(ag_graph *g, ag_ref p, void *ctx) {
  double lambda = *(const double *)ctx;
  if (ag_type_of(g, p).rank < 2) {
    ag_fail(g, TN_ESHAPE, "nn_group_lasso: rows are the groups, so a parameter needs two axes or more");
    return (ag_ref){0};
  }
  return lambda != 0 ? ag_scale(g, ag_sum_all(g, ag_row_norm(g, p)), lambda) : ag_like(g, p, 0);
}

ag_ref nn_group_lasso(nn_model *m, const char *glob, double lambda) {
  return nn_penalty_named(m, "nn_group_lasso", glob, group_lasso, &lambda);
}
