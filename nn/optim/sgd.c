/* sgd.c - see sgd.h. */
#include "sgd.h"

#include "rule.h"

/* velocity = momentum * velocity + gradient; p -= lr * velocity, or with Nesterov's look ahead
 * lr * (gradient + momentum * velocity). */
static ag_ref sgd_update(ag_graph *g, const void *options, ag_ref p, ag_ref dp, const ag_ref *slots,
                         ag_ref *new_slots, ag_ref lr, ag_ref step) {
  const nn_sgd_options *o = options;
  (void)step;
  ag_ref direction = dp;
  if (o->momentum != 0) {
    ag_ref share = dp;
    if (o->dampening != 0) {
      ag_ref first = ag_less_equal(g, step, ag_like(g, step, 1));
      share = ag_where(g, first, dp, ag_scale(g, dp, 1 - o->dampening));
    }
    new_slots[0] = ag_add(g, ag_scale(g, slots[0], o->momentum), share);
    direction = o->nesterov ? ag_add(g, dp, ag_scale(g, new_slots[0], o->momentum)) : new_slots[0];
  }
  return ag_sub(g, p, ag_mul(g, lr, direction));
}

/* A constant gradient moves p by that much a step in the long run, so the penalty's weight keeps its meaning.
 */
static ag_ref sgd_step_size(ag_graph *g, const void *options, const ag_ref *new_slots, ag_ref lr,
                            ag_ref step) {
  const nn_sgd_options *o = options;
  (void)new_slots, (void)step;
  return ag_scale(g, lr, (1 - o->dampening) / (1 - o->momentum));
}

nn_optimizer nn_sgd_rule(const nn_sgd_options *o) {
  return (nn_optimizer){.n_slots = o->momentum != 0,
                        .slot_names = {"sgd/velocity"},
                        .update = sgd_update,
                        .options = o,
                        .step_size = sgd_step_size,
                        .lr = o->lr};
}

void nn_sgd(nn_model *m, ag_ref loss, const nn_sgd_options *o) {
  if (!nn_options_given(m, "nn_sgd", o)) return;
  nn_optimizer rule = nn_sgd_rule(o);
  nn_minimize(m, loss, &rule, o->lr);
}

/* The row of the table: what it is called, and how the tests call it. */
static void sample(nn_model *m, ag_ref loss, double lr) { nn_sgd(m, loss, &(nn_sgd_options){.lr = lr}); }

const nn_optimizer_row nn_optimizer_sgd = {
    "nn_sgd", "Gradient descent, with momentum or Nesterov's look ahead.", sample};
