/* muon.c - see muon.h. */
#include "muon.h"

#include "rule.h"

/* A tall matrix is transposed: the iteration is cheaper for wide ones. */
static ag_ref orthogonal(ag_graph *g, const nn_muon_options *o, ag_ref x, bool tall) {
  bool given = o->a != 0 || o->b != 0 || o->c != 0;
  double a = given ? o->a : 3.4445, b = given ? o->b : -4.775, c = given ? o->c : 2.0315;
  if (tall) x = ag_transpose2(g, x);
  ag_ref norm = nn_length_of(g, x);
  x = ag_div(g, x, ag_maximum(g, norm, ag_like(g, norm, nn_or(o->epsilon, 1e-7))));
  for (int i = 0; i < (o->steps ? o->steps : 5); i++) {
    ag_ref square = ag_contract(g, x, x, false, true);
    ag_ref factor = nn_mix(g, b, square, c, ag_matmul(g, square, square));
    x = ag_add(g, ag_scale(g, x, a), ag_matmul(g, factor, x));
  }
  return tall ? ag_transpose2(g, x) : x;
}

static ag_ref muon_update(const nn_update_step *u) {
  ag_graph *g = u->g;
  const nn_muon_options *o = u->options;
  double momentum = nn_or(o->momentum, 0.95);
  ag_type t = ag_type_of(g, u->p);
  if (t.rank != 2) {
    ag_fail(g, TN_ESHAPE, "nn_muon: needs matrices; give other parameters another rule with nn_update");
    return u->p;
  }
  ag_ref m = u->new_slots[0] = nn_mix(g, momentum, u->slots[0], 1 - momentum, u->dp);
  ag_ref direction = o->no_nesterov ? m : nn_mix(g, 1 - momentum, u->dp, momentum, m);
  double n = (double)t.shape[0], k = (double)t.shape[1];
  double scale = o->match_rms ? 0.2 * sqrt(fmax(n, k)) : sqrt(fmax(1, n / k));
  ag_ref change = ag_mul(g, ag_scale(g, u->lr, scale), orthogonal(g, o, direction, n > k));
  if (o->weight_decay != 0) change = ag_add(g, change, ag_mul(g, ag_scale(g, u->lr, o->weight_decay), u->p));
  return ag_sub(g, u->p, change);
}

nn_optimizer nn_muon_rule(const nn_muon_options *o) {
  return (nn_optimizer){
      .n_slots = 1, .slot_names = {"muon/m"}, .update = muon_update, .options = o, .lr = o->lr};
}

void nn_muon(nn_model *m, ag_ref loss, const nn_muon_options *o) {
  if (!nn_options_given(m, "nn_muon", o)) return;
  nn_optimizer rule = nn_muon_rule(o);
  nn_minimize(m, loss, &rule, o->lr);
}

static void sample(nn_model *m, ag_ref loss, double lr) { nn_muon(m, loss, &(nn_muon_options){.lr = lr}); }

const nn_optimizer_row nn_optimizer_muon = {
    "nn_muon", "For matrices: momentum, replaced by the nearest orthogonal matrix.", sample};
