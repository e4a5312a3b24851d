/* lamb.c - see lamb.h. */
#include "lamb.h"

#include "rule.h"

static ag_ref lamb_update(const nn_update_step *u) {
  ag_graph *g = u->g;
  const nn_lamb_options *o = u->options;
  double beta1 = nn_or(o->beta1, 0.9), beta2 = nn_or(o->beta2, 0.999);
  ag_ref m = u->new_slots[0] = nn_mix(g, beta1, u->slots[0], 1 - beta1, u->dp);
  ag_ref v = u->new_slots[1] = nn_mix(g, beta2, u->slots[1], 1 - beta2, ag_square(g, u->dp));
  ag_ref root = ag_sqrt(g, ag_div(g, v, nn_bias_correction(g, beta2, u->step)));
  ag_ref d = ag_div(g, ag_div(g, m, nn_bias_correction(g, beta1, u->step)),
                    ag_offset(g, root, nn_or(o->epsilon, 1e-6)));
  if (o->weight_decay != 0) d = ag_add(g, d, ag_scale(g, u->p, o->weight_decay));
  ag_ref length = nn_length_of(g, u->p), change = nn_length_of(g, d), zero = ag_like(g, length, 0);
  ag_ref both = ag_logical_and(g, ag_greater(g, length, zero), ag_greater(g, change, zero));
  ag_ref one = ag_like(g, length, 1);
  ag_ref trust = ag_where(g, both, ag_div(g, length, ag_where(g, both, change, one)), one);
  return ag_sub(g, u->p, ag_mul(g, ag_mul(g, u->lr, trust), d));
}

nn_optimizer nn_lamb_rule(const nn_lamb_options *o) {
  return (nn_optimizer){
      .n_slots = 2, .slot_names = {"lamb/m", "lamb/v"}, .update = lamb_update, .options = o, .lr = o->lr};
}

void nn_lamb(nn_model *m, ag_ref loss, const nn_lamb_options *o) {
  if (!nn_options_given(m, "nn_lamb", o)) return;
  nn_optimizer rule = nn_lamb_rule(o);
  nn_minimize(m, loss, &rule, o->lr);
}

static void sample(nn_model *m, ag_ref loss, double lr) { nn_lamb(m, loss, &(nn_lamb_options){.lr = lr}); }

const nn_optimizer_row nn_optimizer_lamb = {
    "nn_lamb", "Adam for large batches: the step of each parameter is scaled to the norm of the parameter.",
    sample};
