/* rmsprop.c - see rmsprop.h. */
#include "rmsprop.h"

#include "rule.h"

static ag_ref rmsprop_update(ag_graph *g, const void *options, ag_ref p, ag_ref dp, const ag_ref *slots,
                             ag_ref *new_slots, ag_ref lr, ag_ref step) {
  const nn_rmsprop_options *o = options;
  double rho = nn_or(o->rho, 0.9), epsilon = nn_or(o->epsilon, 1e-7);
  (void)step;
  ag_ref v = new_slots[0] = nn_mix(g, rho, slots[0], 1 - rho, ag_square(g, dp));
  return ag_sub(g, p, ag_div(g, ag_mul(g, lr, dp), ag_offset(g, ag_sqrt(g, v), epsilon)));
}

static ag_ref rmsprop_step_size(ag_graph *g, const void *options, const ag_ref *new_slots, ag_ref lr,
                                ag_ref step) {
  const nn_rmsprop_options *o = options;
  (void)step;
  return nn_row_step(g, lr, new_slots[0], nn_or(o->epsilon, 1e-7));
}

void nn_rmsprop(nn_model *m, ag_ref loss, const nn_rmsprop_options *o) {
  nn_optimizer rule = {1, {"rmsprop/v"}, rmsprop_update, o, rmsprop_step_size};
  nn_minimize(m, loss, &rule, o->lr);
}

/* The row of the table: what it is called, and how the tests call it. */
static void sample(nn_model *m, ag_ref loss, double lr) {
  nn_rmsprop(m, loss, &(nn_rmsprop_options){.lr = lr});
}

const nn_optimizer_row nn_optimizer_rmsprop = {
    "nn_rmsprop", "Gradients over the root of their running mean square.", sample};
