/* adabelief.c - see adabelief.h. */
#include "adabelief.h"

#include "rule.h"

static ag_ref adabelief_update(const nn_update_step *u) {
  ag_graph *g = u->g;
  const nn_adabelief_options *o = u->options;
  double beta1 = nn_or(o->beta1, 0.9), beta2 = nn_or(o->beta2, 0.999), epsilon = nn_or(o->epsilon, 1e-16);
  ag_ref m = u->new_slots[0] = nn_mix(g, beta1, u->slots[0], 1 - beta1, u->dp);
  ag_ref square = ag_square(g, ag_sub(g, u->dp, m));
  ag_ref s = u->new_slots[1] = ag_offset(g, nn_mix(g, beta2, u->slots[1], 1 - beta2, square), epsilon);
  ag_ref root = ag_sqrt(g, ag_div(g, s, nn_bias_correction(g, beta2, u->step)));
  ag_ref rate = ag_div(g, u->lr, nn_bias_correction(g, beta1, u->step));
  ag_ref change = ag_div(g, ag_mul(g, rate, m), ag_offset(g, root, epsilon));
  if (o->weight_decay != 0) change = ag_add(g, change, ag_mul(g, ag_scale(g, u->lr, o->weight_decay), u->p));
  return ag_sub(g, u->p, change);
}

nn_optimizer nn_adabelief_rule(const nn_adabelief_options *o) {
  return (nn_optimizer){.n_slots = 2,
                        .slot_names = {"adabelief/m", "adabelief/s"},
                        .update = adabelief_update,
                        .options = o,
                        .lr = o->lr};
}

void nn_adabelief(nn_model *m, ag_ref loss, const nn_adabelief_options *o) {
  if (!nn_options_given(m, "nn_adabelief", o)) return;
  nn_optimizer rule = nn_adabelief_rule(o);
  nn_minimize(m, loss, &rule, o->lr);
}

static void sample(nn_model *m, ag_ref loss, double lr) {
  nn_adabelief(m, loss, &(nn_adabelief_options){.lr = lr});
}

const nn_optimizer_row nn_optimizer_adabelief = {
    "nn_adabelief",
    "Adam with the variance of the gradient about its running mean in place of its mean square.", sample};
