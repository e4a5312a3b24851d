/* adagrad.c - see adagrad.h. */
#include "adagrad.h"

#include "rule.h"

static ag_ref adagrad_update(const nn_update_step *u) {
  ag_graph *g = u->g;
  const nn_adagrad_options *o = u->options;
  ag_ref lr = u->lr, v = u->new_slots[0] = ag_add(g, u->slots[0], ag_square(g, u->dp));
  if (o->initial != 0) v = ag_offset(g, v, o->initial);
  if (o->lr_decay != 0)
    lr = ag_div(g, lr, ag_offset(g, ag_scale(g, ag_offset(g, u->step, -1), o->lr_decay), 1));
  return ag_sub(g, u->p,
                ag_div(g, ag_mul(g, lr, u->dp), ag_offset(g, ag_sqrt(g, v), nn_or(o->epsilon, 1e-10))));
}

nn_optimizer nn_adagrad_rule(const nn_adagrad_options *o) {
  return (nn_optimizer){
      .n_slots = 1, .slot_names = {"adagrad/v"}, .update = adagrad_update, .options = o, .lr = o->lr};
}

void nn_adagrad(nn_model *m, ag_ref loss, const nn_adagrad_options *o) {
  if (!nn_options_given(m, "nn_adagrad", o)) return;
  nn_optimizer rule = nn_adagrad_rule(o);
  nn_minimize(m, loss, &rule, o->lr);
}

static void sample(nn_model *m, ag_ref loss, double lr) {
  nn_adagrad(m, loss, &(nn_adagrad_options){.lr = lr});
}

const nn_optimizer_row nn_optimizer_adagrad = {
    "nn_adagrad", "The gradient divided by the root of the sum of all past squares.", sample};
