/* prox.c - see prox.h: which parameters an operator belongs to, and how it is applied. */
#include "nn/internal.h"

#include <math.h>

/* ---- which parameters -------------------------------------------------------------------------------- */

/* Binds f to the parameters that match. Its context is ctx, or if lambda is not NULL the number, which is
 * stored with the variable. */
static void bind(nn_model *m, const char *who, const char *glob, nn_prox_function *f, const void *ctx,
                 const double *lambda) {
  if (!nn__matches_in_time(m, who, glob)) return;
  if (lambda && !(*lambda >= 0 && isfinite(*lambda))) {
    nn_fail(m, TN_EINVAL, "%s: needs a weight >= 0, not %g", who, *lambda);
    return;
  }
  size_t at = 0;
  for (nn__variable *v; (v = nn__match(m, glob, &at));) {
    if (v->prox) {
      nn_fail(m, TN_EINVAL, "%s: '%s' has a proximal operator already; a parameter can have one", who,
              v->name);
      return;
    }
    v->prox = f;
    v->prox_ctx = ctx;
    v->prox_lambda = lambda ? *lambda : 0;
  }
}

void nn_prox(nn_model *m, const char *glob, nn_prox_function *f, const void *ctx) {
  bind(m, "nn_prox", glob, f, ctx, NULL);
}

void nn_prox_weighted(nn_model *m, const char *who, const char *glob, nn_prox_function *f, double weight) {
  bind(m, who, glob, f, NULL, &weight);
}

ag_ref nn__prox(nn_model *m, const nn__variable *v, ag_ref value, ag_ref step) {
  double lambda = v->prox_lambda; /* a copy, as the table may move */
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
