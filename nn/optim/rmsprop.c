/* rmsprop.c - see rmsprop.h. */
#include "rmsprop.h"

#include "rule.h"

enum { CENTRE = 1 }; /* the slot of the mean; the slot of the velocity is last */

static ag_ref rmsprop_update(const nn_update_step *u) {
  ag_graph *g = u->g;
  const nn_rmsprop_options *o = u->options;
  double rho = nn_or(o->rho, 0.9), epsilon = nn_or(o->epsilon, 1e-7);
  ag_ref v = u->new_slots[0] = nn_mix(g, rho, u->slots[0], 1 - rho, ag_square(g, u->dp));
  if (o->centered) {
    ag_ref mean = u->new_slots[CENTRE] = nn_mix(g, rho, u->slots[CENTRE], 1 - rho, u->dp);
    v = ag_sub(g, v, ag_square(g, mean));
  }
  ag_ref root = ag_offset(g, ag_sqrt(g, v), epsilon);
  if (o->momentum == 0) return ag_sub(g, u->p, ag_div(g, ag_mul(g, u->lr, u->dp), root));
  int k = o->centered ? CENTRE + 1 : CENTRE;
  u->new_slots[k] = ag_add(g, ag_scale(g, u->slots[k], o->momentum), ag_div(g, u->dp, root));
  return ag_sub(g, u->p, ag_mul(g, u->lr, u->new_slots[k]));
}

static ag_ref rmsprop_step_size(const nn_update_step *u) {
  ag_graph *g = u->g;
  const nn_rmsprop_options *o = u->options;
  return nn_row_step(g, u->lr, u->new_slots[0], nn_or(o->epsilon, 1e-7));
}

nn_optimizer nn_rmsprop_rule(const nn_rmsprop_options *o) {
  return (nn_optimizer){
      .n_slots = 1 + o->centered + (o->momentum != 0),
      .slot_names = {"rmsprop/v", o->centered ? "rmsprop/mean" : "rmsprop/velocity", "rmsprop/velocity"},
      .update = rmsprop_update,
      .options = o,
      .step_size = o->centered || o->momentum != 0 ? NULL : rmsprop_step_size,
      .lr = o->lr};
}

void nn_rmsprop(nn_model *m, ag_ref loss, const nn_rmsprop_options *o) {
  if (!nn_options_given(m, "nn_rmsprop", o)) return;
  nn_optimizer rule = nn_rmsprop_rule(o);
  nn_minimize(m, loss, &rule, o->lr);
}

/* The row of the table: its name, and how tests call it. */
static void sample(nn_model *m, ag_ref loss, double lr) {
  nn_rmsprop(m, loss, &(nn_rmsprop_options){.lr = lr});
}

const nn_optimizer_row nn_optimizer_rmsprop = {
    "nn_rmsprop", "The gradient divided by the root of the running mean of its square.", sample};
