/* adam.c - see adam.h. */
#include "adam.h"

#include "rule.h"

static ag_ref adam_update(const nn_update_step *u) {
  ag_graph *g = u->g;
  const nn_adam_options *o = u->options;
  double beta1 = nn_or(o->beta1, 0.9), beta2 = nn_or(o->beta2, 0.999);
  double epsilon = nn_or(o->epsilon, 1e-7);
  ag_ref m = u->new_slots[0] = nn_mix(g, beta1, u->slots[0], 1 - beta1, u->dp);
  ag_ref v = u->new_slots[1] = nn_mix(g, beta2, u->slots[1], 1 - beta2, ag_square(g, u->dp));
  ag_ref c1 = nn_bias_correction(g, beta1, u->step), c2 = ag_sqrt(g, nn_bias_correction(g, beta2, u->step));
  if (o->amsgrad) v = u->new_slots[2] = ag_maximum(g, u->slots[2], v);
  ag_ref rate = ag_div(g, ag_mul(g, u->lr, c2), c1), root = ag_sqrt(g, v);
  /* lr / c1 m / (root / c2 + epsilon) is (lr c2 / c1) m / (root + epsilon c2): one division per element, and
   * the same kernel. */
  root = o->torch_epsilon ? ag_add(g, root, ag_scale(g, c2, epsilon)) : ag_offset(g, root, epsilon);
  ag_ref change = ag_div(g, ag_mul(g, rate, m), root);
  if (o->weight_decay != 0) {
    /* Decoupled weight decay: of the old parameter, not through the moments (Loshchilov & Hutter 2019). */
    change = ag_add(g, change, ag_mul(g, ag_scale(g, u->lr, o->weight_decay), u->p));
  }
  return ag_sub(g, u->p, change);
}

static ag_ref adam_step_size(const nn_update_step *u) {
  ag_graph *g = u->g;
  const nn_adam_options *o = u->options;
  double beta2 = nn_or(o->beta2, 0.999);
  ag_ref v_hat = ag_div(g, u->new_slots[o->amsgrad ? 2 : 1], nn_bias_correction(g, beta2, u->step));
  return nn_row_step(g, u->lr, v_hat, nn_or(o->epsilon, 1e-7));
}

nn_optimizer nn_adam_rule(const nn_adam_options *o) {
  return (nn_optimizer){.n_slots = o->amsgrad ? 3 : 2,
                        .slot_names = {"adam/m", "adam/v", "adam/largest"},
                        .update = adam_update,
                        .options = o,
                        .step_size = adam_step_size,
                        .lr = o->lr};
}

void nn_adam(nn_model *m, ag_ref loss, const nn_adam_options *o) {
  if (!nn_options_given(m, "nn_adam", o)) return;
  nn_optimizer rule = nn_adam_rule(o);
  nn_minimize(m, loss, &rule, o->lr);
}

/* The row of the table: its name, and how tests call it. */
static void sample(nn_model *m, ag_ref loss, double lr) { nn_adam(m, loss, &(nn_adam_options){.lr = lr}); }

const nn_optimizer_row nn_optimizer_adam = {"nn_adam",
                                            "The running mean of the gradient, divided by the root of the "
                                            "running mean of its square; AdamW with weight_decay.",
                                            sample};
