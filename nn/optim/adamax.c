/* adamax.c - see adamax.h. */
#include "adamax.h"

#include "rule.h"

static ag_ref adamax_update(ag_graph *g, const void *options, ag_ref p, ag_ref dp, const ag_ref *slots,
                            ag_ref *new_slots, ag_ref lr, ag_ref step) {
  const nn_adamax_options *o = options;
  double beta1 = nn_or(o->beta1, 0.9), beta2 = nn_or(o->beta2, 0.999);
  ag_ref m = new_slots[0] = nn_mix(g, beta1, slots[0], 1 - beta1, dp);
  ag_ref size = ag_offset(g, ag_abs(g, dp), nn_or(o->epsilon, 1e-8));
  ag_ref u = new_slots[1] = ag_maximum(g, ag_scale(g, slots[1], beta2), size);
  return ag_sub(g, p, ag_div(g, ag_mul(g, ag_div(g, lr, nn_bias_correction(g, beta1, step)), m), u));
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
    "nn_adamax", "Adam with the largest gradient, decayed, in place of the root mean square.", sample};
