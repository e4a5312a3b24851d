/* sgd.c - see sgd.h. */
#include "sgd.h"

#include "rule.h"

/* velocity = momentum * velocity + gradient; p -= lr * velocity, or with Nesterov momentum, p -= lr *
 * (gradient + momentum * velocity). */
static ag_ref sgd_update(const nn_update_step *u) {
  ag_graph *g = u->g;
  const nn_sgd_options *o = u->options;
  ag_ref direction = u->dp;
  if (o->momentum != 0) {
    ag_ref share = u->dp;
    if (o->dampening != 0) {
      ag_ref first = ag_less_equal(g, u->step, ag_like(g, u->step, 1));
      share = ag_where(g, first, u->dp, ag_scale(g, u->dp, 1 - o->dampening));
    }
    u->new_slots[0] = ag_add(g, ag_scale(g, u->slots[0], o->momentum), share);
    direction = o->nesterov ? ag_add(g, u->dp, ag_scale(g, u->new_slots[0], o->momentum)) : u->new_slots[0];
  }
  return ag_sub(g, u->p, ag_mul(g, u->lr, direction));
}

/* The step that a constant gradient makes in the long run, so that a penalty's weight does not depend on the
 * momentum. */
static ag_ref sgd_step_size(const nn_update_step *u) {
  ag_graph *g = u->g;
  const nn_sgd_options *o = u->options;
  return ag_scale(g, u->lr, (1 - o->dampening) / (1 - o->momentum));
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

/* The row of the table: its name, and how tests call it. */
static void sample(nn_model *m, ag_ref loss, double lr) { nn_sgd(m, loss, &(nn_sgd_options){.lr = lr}); }

const nn_optimizer_row nn_optimizer_sgd = {"nn_sgd", "Gradient descent, with momentum or Nesterov momentum.",
                                           sample};
