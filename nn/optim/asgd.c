/* asgd.c - see asgd.h. */
#include "asgd.h"

#include "rule.h"

static ag_ref asgd_update(const nn_update_step *u) {
  ag_graph *g = u->g;
  const nn_asgd_options *o = u->options;
  double lambda = nn_or(o->lambda, 1e-4), alpha = nn_or(o->alpha, 0.75);
  ag_ref before = ag_offset(g, u->step, -1), one = ag_like(g, u->step, 1);
  ag_ref base = ag_offset(g, ag_mul(g, ag_scale(g, u->lr, lambda), before), 1);
  ag_ref eta = ag_div(g, u->lr, ag_exp(g, ag_scale(g, ag_log(g, base), alpha)));
  ag_ref kept = ag_sub(g, one, ag_scale(g, eta, lambda));
  ag_ref next = ag_sub(g, ag_mul(g, u->p, kept), ag_mul(g, eta, u->dp));
  ag_ref length = ag_maximum(g, one, ag_offset(g, before, -nn_or(o->t0, 1e6)));
  u->new_slots[0] = ag_add(g, u->slots[0], ag_div(g, ag_sub(g, next, u->slots[0]), length));
  return next;
}

nn_optimizer nn_asgd_rule(const nn_asgd_options *o) {
  return (nn_optimizer){
      .n_slots = 1, .slot_names = {"asgd/average"}, .update = asgd_update, .options = o, .lr = o->lr};
}

void nn_asgd(nn_model *m, ag_ref loss, const nn_asgd_options *o) {
  if (!nn_options_given(m, "nn_asgd", o)) return;
  nn_optimizer rule = nn_asgd_rule(o);
  nn_minimize(m, loss, &rule, o->lr);
}

static void sample(nn_model *m, ag_ref loss, double lr) { nn_asgd(m, loss, &(nn_asgd_options){.lr = lr}); }

const nn_optimizer_row nn_optimizer_asgd = {
    "nn_asgd", "Gradient descent with a decreasing rate, and the average of its iterates.", sample};
