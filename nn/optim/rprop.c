/* rprop.c - see rprop.h. */
#include "rprop.h"

#include "rule.h"

static ag_ref rprop_update(const nn_update_step *u) {
  ag_graph *g = u->g;
  const nn_rprop_options *o = u->options;
  double shrink = nn_or(o->shrink, 0.5), grow = nn_or(o->grow, 1.2);
  ag_ref zero = ag_like(g, u->dp, 0), one = ag_like(g, u->dp, 1), product = ag_mul(g, u->dp, u->slots[0]);
  ag_ref same = ag_greater(g, product, zero), turned = ag_less(g, product, zero);
  ag_ref factor =
      ag_where(g, same, ag_like(g, u->dp, grow), ag_where(g, turned, ag_like(g, u->dp, shrink), one));
  ag_ref first = ag_less_equal(g, u->step, ag_like(g, u->step, 1));
  ag_ref size = ag_mul(g, ag_where(g, first, u->lr, u->slots[1]), factor);
  size = u->new_slots[1] = ag_clamp(g, size, nn_or(o->smallest, 1e-6), nn_or(o->largest, 50));
  ag_ref moved = u->new_slots[0] = ag_where(g, turned, zero, u->dp);
  return ag_sub(g, u->p, ag_mul(g, ag_sign(g, moved), size));
}

nn_optimizer nn_rprop_rule(const nn_rprop_options *o) {
  return (nn_optimizer){.n_slots = 2,
                        .slot_names = {"rprop/last", "rprop/size"},
                        .update = rprop_update,
                        .options = o,
                        .lr = o->lr};
}

void nn_rprop(nn_model *m, ag_ref loss, const nn_rprop_options *o) {
  if (!nn_options_given(m, "nn_rprop", o)) return;
  nn_optimizer rule = nn_rprop_rule(o);
  nn_minimize(m, loss, &rule, o->lr);
}

static void sample(nn_model *m, ag_ref loss, double lr) { nn_rprop(m, loss, &(nn_rprop_options){.lr = lr}); }

const nn_optimizer_row nn_optimizer_rprop = {
    "nn_rprop", "A step size per element, adapted by the sign of the gradient; for full batches.", sample};
