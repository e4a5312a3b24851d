/* adadelta.c - see adadelta.h. */
#include "adadelta.h"

#include "rule.h"

static ag_ref adadelta_update(const nn_update_step *u) {
  ag_graph *g = u->g;
  const nn_adadelta_options *o = u->options;
  double rho = nn_or(o->rho, 0.9), epsilon = nn_or(o->epsilon, 1e-6);
  ag_ref v = u->new_slots[0] = nn_mix(g, rho, u->slots[0], 1 - rho, ag_square(g, u->dp));
  ag_ref old = ag_sqrt(g, ag_offset(g, u->slots[1], epsilon));
  ag_ref change = ag_mul(g, ag_div(g, old, ag_sqrt(g, ag_offset(g, v, epsilon))), u->dp);
  u->new_slots[1] = nn_mix(g, rho, u->slots[1], 1 - rho, ag_square(g, change));
  return ag_sub(g, u->p, ag_mul(g, u->lr, change));
}

nn_optimizer nn_adadelta_rule(const nn_adadelta_options *o) {
  return (nn_optimizer){.n_slots = 2,
                        .slot_names = {"adadelta/v", "adadelta/u"},
                        .update = adadelta_update,
                        .options = o,
                        .lr = o->lr};
}

void nn_adadelta(nn_model *m, ag_ref loss, const nn_adadelta_options *o) {
  if (!nn_options_given(m, "nn_adadelta", o)) return;
  nn_optimizer rule = nn_adadelta_rule(o);
  nn_minimize(m, loss, &rule, o->lr);
}

static void sample(nn_model *m, ag_ref loss, double lr) {
  nn_adadelta(m, loss, &(nn_adadelta_options){.lr = lr});
}

const nn_optimizer_row nn_optimizer_adadelta = {
    "nn_adadelta", "Steps scaled by the ratio of the root mean squares of past steps and gradients.", sample};
