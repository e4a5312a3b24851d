/* prox.c - proximal operators: what a penalty does to a parameter after the optimizer's step. */
#include "internal.h"

#include <math.h>

/* ---- which parameters -------------------------------------------------------------------------------- */

/* lambda NULL: f comes with ctx; else f's context is the number, kept with the variable. */
static void bind(nn_model *m, const char *who, const char *glob, nn_prox_function *f, const void *ctx,
                 const double *lambda) {
  bool any = false;
  if (!nn__building(m)) return;
  if (m->minimizes) {
    nn__fail(m, TN_EINVAL, "%s: '%s' comes after the optimizer, which would not see it", who, glob);
    return;
  }
  if (lambda && !(*lambda >= 0 && isfinite(*lambda))) {
    nn__fail(m, TN_EINVAL, "%s: needs a weight >= 0, not %g", who, *lambda);
    return;
  }
  for (size_t i = 0; i < m->n_variables; i++) {
    nn__variable *v = &m->variables[i];
    if (v->kind != NN__PARAMETER || !nn__declared(m, v) || !nn__glob(glob, v->name)) continue;
    if (v->prox) {
      nn__fail(m, TN_EINVAL,
               "%s: '%s' has a proximal operator already; that of a sum is not one after another", who,
               v->name);
      return;
    }
    any = true;
    v->prox = f;
    v->prox_ctx = ctx;
    v->prox_lambda = lambda ? *lambda : 0;
  }
  if (!any) nn__fail(m, TN_EINVAL, "%s: no parameter declared so far matches '%s'", who, glob);
}

void nn_prox(nn_model *m, const char *glob, nn_prox_function *f, const void *ctx) {
  bind(m, "nn_prox", glob, f, ctx, NULL);
}

ag_ref nn__prox(nn_model *m, const nn__variable *v, ag_ref value, ag_ref step) {
  double lambda = v->prox_lambda; /* not the variable's own address: the table may move */
  ag_scope_push(m->graph, "prox");
  ag_ref out = v->prox(m->graph, value, step, v->prox_ctx ? v->prox_ctx : &lambda);
  ag_scope_pop(m->graph);
  ag_type type = ag_type_of(m->graph, out);
  if (nn__building(m) && !nn__same_type(&type, &v->type)) {
    char have[96], want[96];
    nn__fail(m, TN_ESHAPE, "nn_prox: the operator makes %s of '%s' %s",
             nn__shape_text(have, sizeof have, type.rank, type.shape), v->name,
             nn__shape_text(want, sizeof want, v->type.rank, v->type.shape));
  }
  return out;
}

/* ---- operators --------------------------------------------------------------------------------------- */

/* row max(0, 1 - t / |row|). Written as a quotient of norms, so that t = 0 changes no bit and a row that
 * vanishes is 0 exactly. */
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

/* sign(p) max(0, |p| - t) */
static ag_ref l1(ag_graph *g, ag_ref p, ag_ref step, const void *ctx) {
  double lambda = *(const double *)ctx;
  if (lambda == 0) return p;
  ag_ref t = ag_scale(g, step, lambda);
  return ag_sub(g, ag_relu(g, ag_sub(g, p, t)), ag_relu(g, ag_sub(g, ag_neg(g, p), t)));
}

static ag_ref nonnegative(ag_graph *g, ag_ref p, ag_ref step, const void *ctx) {
  (void)step, (void)ctx;
  return ag_relu(g, p);
}

void nn_prox_group_lasso(nn_model *m, const char *glob, double lambda) {
  bind(m, "nn_prox_group_lasso", glob, group_lasso, NULL, &lambda);
}

void nn_prox_adaptive_lasso(nn_model *m, const char *glob, const tn_view *lambda) {
  bind(m, "nn_prox_adaptive_lasso", glob, adaptive_lasso, lambda, NULL);
}

void nn_prox_l1(nn_model *m, const char *glob, double lambda) {
  bind(m, "nn_prox_l1", glob, l1, NULL, &lambda);
}

void nn_prox_nonnegative(nn_model *m, const char *glob) {
  bind(m, "nn_prox_nonnegative", glob, nonnegative, NULL, NULL);
}
