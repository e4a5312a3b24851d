/* prox.c - see prox.h: which parameters an operator belongs to, and how it is applied. */
#include "nn/internal.h"

#include <math.h>

/* ---- which parameters -------------------------------------------------------------------------------- */

/* lambda NULL: f comes with ctx; else f's context is the number, kept with the variable. */
static void bind(nn_model *m, const char *who, const char *glob, nn_prox_function *f, const void *ctx,
                 const double *lambda) {
  bool any = false;
  if (!nn_building(m)) return;
  if (m->minimizes) {
    nn_fail(m, TN_EINVAL, "%s: '%s' comes after the optimizer, which would not see it", who, glob);
    return;
  }
  if (lambda && !(*lambda >= 0 && isfinite(*lambda))) {
    nn_fail(m, TN_EINVAL, "%s: needs a weight >= 0, not %g", who, *lambda);
    return;
  }
  for (size_t i = 0; i < m->n_variables; i++) {
    nn__variable *v = &m->variables[i];
    if (v->kind != NN__PARAMETER || !nn__declared(m, v) || !nn__glob(glob, v->name)) continue;
    if (v->prox) {
      nn_fail(m, TN_EINVAL,
              "%s: '%s' has a proximal operator already; that of a sum is not one after another", who,
              v->name);
      return;
    }
    any = true;
    v->prox = f;
    v->prox_ctx = ctx;
    v->prox_lambda = lambda ? *lambda : 0;
  }
  if (!any) nn_fail(m, TN_EINVAL, "%s: no parameter declared so far matches '%s'", who, glob);
}

void nn_prox(nn_model *m, const char *glob, nn_prox_function *f, const void *ctx) {
  bind(m, "nn_prox", glob, f, ctx, NULL);
}

void nn_prox_weighted(nn_model *m, const char *who, const char *glob, nn_prox_function *f, double weight) {
  bind(m, who, glob, f, NULL, &weight);
}

ag_ref nn__prox(nn_model *m, const nn__variable *v, ag_ref value, ag_ref step) {
  double lambda = v->prox_lambda; /* not the variable's own address: the table may move */
  ag_scope_push(m->graph, "prox");
  ag_ref out = v->prox(m->graph, value, step, v->prox_ctx ? v->prox_ctx : &lambda);
  ag_scope_pop(m->graph);
  ag_type type = ag_type_of(m->graph, out);
  if (nn_building(m) && !nn__same_type(&type, &v->type)) {
    char have[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT];
    nn_fail(m, TN_ESHAPE, "nn_prox: the operator makes %s of '%s' %s",
            nn_shape_text(have, type.rank, type.shape), v->name,
            nn_shape_text(want, v->type.rank, v->type.shape));
  }
  return out;
}
