/* penalty.c - see penalty.h. */
#include "nn/internal.h"

ag_ref nn_penalty_named(nn_model *m, const char *who, const char *glob, nn_penalty_function *f, void *ctx) {
  ag_ref sum = {0};
  size_t at = 0;
  if (!nn__matches(m, who, glob)) return sum;
  for (nn__variable *v; (v = nn__match(m, glob, &at));) {
    ag_scope_push(m->graph, who);
    ag_ref term = f(m->graph, v->ref, ctx);
    ag_scope_pop(m->graph);
    if (nn_building(m) && (!term.id || ag_type_of(m->graph, term).rank != 0)) {
      nn_fail(m, TN_ESHAPE, "%s: the penalty of '%s' is not a scalar", who, v->name);
    }
    sum = sum.id ? ag_add(m->graph, sum, term) : term;
  }
  return sum;
}

ag_ref nn_penalty(nn_model *m, const char *glob, nn_penalty_function *f, void *ctx) {
  return nn_penalty_named(m, "nn_penalty", glob, f, ctx);
}
