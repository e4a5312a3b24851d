/* lion.c - see lion.h. */
#include "lion.h"

#include "rule.h"

static ag_ref lion_update(const nn_update_step *u) {
  ag_graph *g = u->g;
  const nn_lion_options *o = u->options;
  double beta1 = nn_or(o->beta1, 0.9), beta2 = nn_or(o->beta2, 0.99);
  ag_ref change = ag_sign(g, nn_mix(g, beta1, u->slots[0], 1 - beta1, u->dp));
  u->new_slots[0] = nn_mix(g, beta2, u->slots[0], 1 - beta2, u->dp);
  if (o->weight_decay != 0) change = ag_add(g, change, ag_scale(g, u->p, o->weight_decay));
  return ag_sub(g, u->p, ag_mul(g, u->lr, change));
}

nn_optimizer nn_lion_rule(const nn_lion_options *o) {
  return (nn_optimizer){
      .n_slots = 1, .slot_names = {"lion/m"}, .update = lion_update, .options = o, .lr = o->lr};
}

void nn_lion(nn_model *m, ag_ref loss, const nn_lion_options *o) {
  if (!nn_options_given(m, "nn_lion", o)) return;
  nn_optimizer rule = nn_lion_rule(o);
  nn_minimize(m, loss, &rule, o->lr);
}

static void sample(nn_model *m, ag_ref loss, double lr) { nn_lion(m, loss, &(nn_lion_options){.lr = lr}); }

const nn_optimizer_row nn_optimizer_lion = {"nn_lion", "Steps by the sign of an interpolated momentum.",
                                            sample};
