/* nadam.c - see nadam.h. */
#include "nadam.h"

#include "rule.h"

static ag_ref momentum(ag_graph *g, const nn_nadam_options *o, ag_ref step) {
  double rate = nn_or(o->momentum_decay, 0.004) * log(0.96), beta1 = nn_or(o->beta1, 0.9);
  return ag_scale(g, ag_offset(g, ag_scale(g, ag_exp(g, ag_scale(g, step, rate)), -0.5), 1), beta1);
}

/* Slot 2, the product of all momenta so far, is a scalar. */
static void slot_type(const void *options, int slot, ag_type *type) {
  (void)options;
  if (slot == 2) type->rank = 0;
}

static ag_ref nadam_update(const nn_update_step *u) {
  ag_graph *g = u->g;
  const nn_nadam_options *o = u->options;
  double beta1 = nn_or(o->beta1, 0.9), beta2 = nn_or(o->beta2, 0.999);
  ag_ref mu = momentum(g, o, u->step), next = momentum(g, o, ag_offset(g, u->step, 1));
  ag_ref product = ag_mul(g, ag_offset(g, u->slots[2], 1), mu); /* the slot holds the product minus 1 */
  u->new_slots[2] = ag_offset(g, product, -1);
  ag_ref m = u->new_slots[0] = nn_mix(g, beta1, u->slots[0], 1 - beta1, u->dp);
  ag_ref v = u->new_slots[1] = nn_mix(g, beta2, u->slots[1], 1 - beta2, ag_square(g, u->dp));
  ag_ref root = ag_sqrt(g, ag_div(g, v, nn_bias_correction(g, beta2, u->step)));
  ag_ref one = ag_like(g, mu, 1), divisor = ag_offset(g, root, nn_or(o->epsilon, 1e-8));
  ag_ref now = ag_div(g, ag_sub(g, one, mu), ag_sub(g, one, product));
  ag_ref then = ag_div(g, next, ag_sub(g, one, ag_mul(g, product, next)));
  ag_ref direction = ag_add(g, ag_mul(g, now, u->dp), ag_mul(g, then, m));
  ag_ref change = ag_div(g, ag_mul(g, u->lr, direction), divisor);
  if (o->weight_decay != 0) change = ag_add(g, change, ag_mul(g, ag_scale(g, u->lr, o->weight_decay), u->p));
  return ag_sub(g, u->p, change);
}

nn_optimizer nn_nadam_rule(const nn_nadam_options *o) {
  return (nn_optimizer){.n_slots = 3,
                        .slot_names = {"nadam/m", "nadam/v", "nadam/product"},
                        .update = nadam_update,
                        .options = o,
                        .lr = o->lr,
                        .slot_type = slot_type};
}

void nn_nadam(nn_model *m, ag_ref loss, const nn_nadam_options *o) {
  if (!nn_options_given(m, "nn_nadam", o)) return;
  nn_optimizer rule = nn_nadam_rule(o);
  nn_minimize(m, loss, &rule, o->lr);
}

static void sample(nn_model *m, ag_ref loss, double lr) { nn_nadam(m, loss, &(nn_nadam_options){.lr = lr}); }

const nn_optimizer_row nn_optimizer_nadam = {"nn_nadam", "Adam with Nesterov momentum.", sample};
