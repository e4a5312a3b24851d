/* adamax.c - see adamax.h. */
#include "adamax.h"

#include "rule.h"

static ag_ref adamax_update(const nn_update_step *u) {
  ag_graph *g = u->g;
  const nn_adamax_options *o = u->options;
  double beta1 = nn_or(o->beta1, 0.9), beta2 = nn_or(o->beta2, 0.999);
  ag_ref m = u->new_slots[0] = nn_mix(g, beta1, u->slots[0], 1 - beta1, u->dp);
  ag_ref size = ag_offset(g, ag_abs(g, u->dp), nn_or(o->epsilon, 1e-8));
  ag_ref largest = u->new_slots[1] = ag_maximum(g, ag_scale(g, u->slots[1], beta2), size);
  return ag_sub(g, u->p,
                ag_div(g, ag_mul(g, ag_div(g, u->lr, nn_bias_correction(g, beta1, u->step)), m), largest));
}

nn_optimizer nn_adamax_rule(const nn_adamax_options *o) {
  return (nn_optimizer){.n_slots = 2,
                        .slot_names = {"adamax/m", "adamax/u"},
                        .update = adamax_update,
                        .options = o,
                        .lr = o->lr};
}

void nn_adamax(nn_model *m, ag_ref loss, const nn_adamax_options *o) {
  if (!nn_options_given(m, "nn_adamax", o)) return;
  nn_optimizer rule = nn_adamax_rule(o);
  nn_minimize(m, loss, &rule, o->lr);
}

static void sample(nn_model *m, ag_ref loss, double lr) {
  nn_adamax(m, loss, &(nn_adamax_options){.lr = lr});
}

const nn_optimizer_row nn_optimizer_adamax = {
    "nn_adamax", "Adam with a decaying maximum of |gradient| in place of the root mean square.", sample};
