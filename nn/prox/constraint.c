/* constraint.c - see constraint.h. */
#include "nn/internal.h"

#include <math.h>

static void bind(nn_model *m, const char *who, const char *glob, nn__constraint c) {
  if (!nn__matches_in_time(m, who, glob)) return;
  size_t at = 0;
  for (nn__variable *v; (v = nn__match(m, glob, &at));) {
    if (v->n_constraints == NN__MAX_CONSTRAINTS) {
      nn_fail(m, TN_EINVAL, "%s: '%s' would have more than %d constraints", who, v->name,
              NN__MAX_CONSTRAINTS);
      return;
    }
    v->constraints[v->n_constraints++] = c;
  }
}

void nn_constrain(nn_model *m, const char *glob, nn_constraint *f, const void *ctx) {
  bind(m, "nn_constrain", glob, (nn__constraint){.f = f, .ctx = ctx});
}

/* The length of each unit's incoming weights; reduced axes stay with extent 1. */
static ag_ref lengths(ag_graph *g, ag_ref p) {
  int rank = ag_type_of(g, p).rank;
  return ag_sqrt(g, ag_sum(g, ag_square(g, p), rank > 1 ? (1u << (rank - 1)) - 1 : 1u, true));
}

static bool has_axes(ag_graph *g, const char *who, ag_ref p) {
  if (ag_type_of(g, p).rank > 0) return true;
  ag_fail(g, TN_ESHAPE, "%s: a scalar has no length", who);
  return false;
}

/* There is no epsilon, so weights within the limit keep their bits. */
static ag_ref max_norm(ag_graph *g, ag_ref p, const void *ctx) {
  if (!has_axes(g, "nn_max_norm", p)) return p;
  ag_ref length = lengths(g, p), limit = ag_like(g, length, *(const double *)ctx);
  ag_ref beyond = ag_greater(g, length, limit), one = ag_like(g, length, 1);
  return ag_mul(g, p, ag_where(g, beyond, ag_div(g, limit, ag_where(g, beyond, length, one)), one));
}

static ag_ref unit_norm(ag_graph *g, ag_ref p, const void *ctx) {
  (void)ctx;
  if (!has_axes(g, "nn_unit_norm", p)) return p;
  ag_ref length = lengths(g, p), one = ag_like(g, length, 1);
  return ag_div(g, p, ag_where(g, ag_greater(g, length, ag_like(g, length, 0)), length, one));
}

void nn_max_norm(nn_model *m, const char *glob, double limit) {
  if (!(limit > 0 && isfinite(limit))) {
    nn_fail(m, TN_EINVAL, "nn_max_norm: the limit must be above 0, not %g", limit);
    return;
  }
  bind(m, "nn_max_norm", glob, (nn__constraint){.f = max_norm, .number = limit});
}

void nn_unit_norm(nn_model *m, const char *glob) {
  bind(m, "nn_unit_norm", glob, (nn__constraint){.f = unit_norm});
}

ag_ref nn__constrained(nn_model *m, const nn__variable *v, ag_ref value) {
  const nn__variable kept = *v; /* a copy, as the table may move */
  for (int i = 0; i < kept.n_constraints && nn_building(m); i++) {
    const nn__constraint *c = &kept.constraints[i];
    ag_ref out = c->f(m->graph, value, c->ctx ? c->ctx : &c->number);
    ag_type type = ag_type_of(m->graph, out);
    if (nn_building(m) && !nn__same_type(&type, &kept.type))
      nn_fail(m, TN_ESHAPE, "nn_constrain: the constraint of '%s' changes its shape", kept.name);
    value = out;
  }
  return value;
}
