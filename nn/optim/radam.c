/* radam.c - see radam.h. */
#include "radam.h"

#include "rule.h"

static ag_ref radam_update(const nn_update_step *u) {
  ag_graph *g = u->g;
  const nn_radam_options *o = u->options;
  double beta1 = nn_or(o->beta1, 0.9), beta2 = nn_or(o->beta2, 0.999), inf = 2 / (1 - beta2) - 1;
  ag_ref m = u->new_slots[0] = nn_mix(g, beta1, u->slots[0], 1 - beta1, u->dp);
  ag_ref v = u->new_slots[1] = nn_mix(g, beta2, u->slots[1], 1 - beta2, ag_square(g, u->dp));
  ag_ref c2 = nn_bias_correction(g, beta2, u->step), power = ag_exp(g, ag_scale(g, u->step, log(beta2)));
  ag_ref rho = ag_offset(g, ag_neg(g, ag_div(g, ag_mul(g, ag_scale(g, u->step, 2), power), c2)), inf);
  ag_ref above = ag_mul(g, ag_mul(g, ag_offset(g, rho, -4), ag_offset(g, rho, -2)), ag_like(g, rho, inf));
  ag_ref known = ag_greater(g, rho, ag_like(g, rho, 5)), one = ag_like(g, rho, 1);
  ag_ref square = ag_div(g, above, ag_scale(g, rho, (inf - 4) * (inf - 2)));
  ag_ref rectified = ag_sqrt(g, ag_where(g, known, square, one));
  ag_ref root = ag_offset(g, ag_sqrt(g, v), nn_or(o->epsilon, 1e-8));
  ag_ref factor = ag_where(g, known, ag_div(g, ag_mul(g, rectified, ag_sqrt(g, c2)), root), one);
  ag_ref rate = ag_div(g, u->lr, nn_bias_correction(g, beta1, u->step));
  ag_ref change = ag_mul(g, ag_mul(g, rate, m), factor);
  if (o->weight_decay != 0) change = ag_add(g, change, ag_mul(g, ag_scale(g, u->lr, o->weight_decay), u->p));
  return ag_sub(g, u->p, change);
}

nn_optimizer nn_radam_rule(const nn_radam_options *o) {
  return (nn_optimizer){
      .n_slots = 2, .slot_names = {"radam/m", "radam/v"}, .update = radam_update, .options = o, .lr = o->lr};
}

void nn_radam(nn_model *m, ag_ref loss, const nn_radam_options *o) {
  if (!nn_options_given(m, "nn_radam", o)) return;
  nn_optimizer rule = nn_radam_rule(o);
  nn_minimize(m, loss, &rule, o->lr);
}

static void sample(nn_model *m, ag_ref loss, double lr) { nn_radam(m, loss, &(nn_radam_options){.lr = lr}); }

const nn_optimizer_row nn_optimizer_radam = {
    "nn_radam", "Adam whose first steps use momentum only (rectified Adam).", sample};
