/* penalties.c - scalars added to a loss: sums over the parameters that match a glob. */
#include "internal.h"

static ag_ref penalize(nn_model *m, const char *who, const char *glob, nn_penalty_function *f, void *ctx) {
  ag_ref sum = {0};
  if (!nn__building(m)) return sum;
  for (size_t i = 0; i < m->n_variables; i++) {
    nn__variable *v = &m->variables[i];
    if (v->kind != NN__PARAMETER || !nn__declared(m, v) || !nn__glob(glob, v->name)) continue;
    ag_scope_push(m->graph, who);
    ag_ref term = f(m->graph, v->ref, ctx);
    ag_scope_pop(m->graph);
    if (nn__building(m) && (!term.id || ag_type_of(m->graph, term).rank != 0)) {
      nn__fail(m, TN_ESHAPE, "%s: the penalty of '%s' is not a scalar", who, v->name);
    }
    sum = sum.id ? ag_add(m->graph, sum, term) : term;
  }
  if (!sum.id && nn__building(m)) {
    nn__fail(m, TN_EINVAL, "%s: no parameter declared so far matches '%s'", who, glob);
  }
  return sum;
}

ag_ref nn_penalty(nn_model *m, const char *glob, nn_penalty_function *f, void *ctx) {
  return penalize(m, "nn_penalty", glob, f, ctx);
}

typedef struct weights {
  double l1, l2;
} weights;

/* A weight of zero appends nothing: zero times a gradient is still work. */
static ag_ref elastic(ag_graph *g, ag_ref p, void *ctx) {
  const weights *w = ctx;
  ag_ref a = w->l1 != 0 ? ag_scale(g, ag_sum_all(g, ag_abs(g, p)), w->l1) : ag_like(g, p, 0);
  return w->l2 != 0 ? ag_add(g, a, ag_scale(g, ag_sum_all(g, ag_square(g, p)), w->l2)) : a;
}

static ag_ref group_lasso(ag_graph *g, ag_ref p, void *ctx) {
  double lambda = *(const double *)ctx;
  if (ag_type_of(g, p).rank < 2) {
    ag_fail(g, TN_ESHAPE, "nn_group_lasso: rows are the groups, so a parameter needs two axes or more");
    return (ag_ref){0};
  }
  return lambda != 0 ? ag_scale(g, ag_sum_all(g, ag_row_norm(g, p)), lambda) : ag_like(g, p, 0);
}

ag_ref nn_l1(nn_model *m, const char *glob, double lambda) {
  return penalize(m, "nn_l1", glob, elastic, &(weights){.l1 = lambda});
}

ag_ref nn_l2(nn_model *m, const char *glob, double lambda) {
  return penalize(m, "nn_l2", glob, elastic, &(weights){.l2 = lambda});
}

ag_ref nn_elastic_net(nn_model *m, const char *glob, double l1, double l2) {
  return penalize(m, "nn_elastic_net", glob, elastic, &(weights){l1, l2});
}

ag_ref nn_group_lasso(nn_model *m, const char *glob, double lambda) {
  return penalize(m, "nn_group_lasso", glob, group_lasso, &lambda);
}
