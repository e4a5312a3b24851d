/* adafactor.c - see adafactor.h. */
#include "adafactor.h"

#include "rule.h"

static double epsilon1(const nn_adafactor_options *o, tn_dtype dtype) {
  return nn_or(o->epsilon1, dtype == TN_F64 ? 2.220446049250313e-16 : 1.1920928955078125e-07);
}

static ag_ref rms(ag_graph *g, ag_ref x) { return ag_sqrt(g, ag_mean_all(g, ag_square(g, x))); }

static ag_ref blend(ag_graph *g, ag_ref a, ag_ref x, ag_ref b, ag_ref y) {
  return ag_add(g, ag_mul(g, a, x), ag_mul(g, b, y));
}

/* Slot types: for a matrix, the means of rows and of columns; for a vector, one of its shape and an unused
 * scalar. */
static void slot_type(const void *options, int slot, ag_type *type) {
  (void)options;
  if (type->rank > 1) type->shape[type->rank - (slot == 0 ? 1 : 2)] = 1;
  else if (slot == 1) type->rank = 0;
}

static ag_ref adafactor_update(const nn_update_step *u) {
  ag_graph *g = u->g;
  const nn_adafactor_options *o = u->options;
  double e1 = epsilon1(o, ag_type_of(g, u->p).dtype), clip = nn_or(o->clip, 1);
  ag_ref one = ag_like(g, u->step, 1),
         weight = ag_exp(g, ag_scale(g, ag_log(g, u->step), nn_or(o->beta2_decay, -0.8)));
  ag_ref kept = ag_sub(g, one, weight), square = ag_square(g, u->dp), v;
  if (ag_type_of(g, u->p).rank > 1) {
    ag_ref rows = u->new_slots[0] = blend(g, kept, u->slots[0], weight, ag_mean_axis(g, square, -1, true));
    ag_ref columns = u->new_slots[1] = blend(g, kept, u->slots[1], weight, ag_mean_axis(g, square, -2, true));
    ag_ref mean = ag_mean_axis(g, rows, -2, true);
    v = ag_div(g, ag_mul(g, rows, columns), ag_maximum(g, mean, ag_like(g, mean, e1)));
  } else {
    v = u->new_slots[0] = blend(g, kept, u->slots[0], weight, square);
    u->new_slots[1] = u->slots[1];
  }
  ag_ref scaled = ag_div(g, u->dp, ag_sqrt(g, ag_maximum(g, v, ag_like(g, v, e1 * e1))));
  ag_ref shrunk = ag_maximum(g, one, ag_scale(g, rms(g, scaled), 1 / clip));
  ag_ref size = ag_maximum(g, rms(g, u->p), ag_like(g, u->step, nn_or(o->epsilon2, 1e-3)));
  ag_ref rate = ag_mul(g, size, ag_minimum(g, u->lr, ag_div(g, one, ag_sqrt(g, u->step))));
  ag_ref change = ag_mul(g, ag_div(g, rate, shrunk), scaled);
  if (o->weight_decay != 0) change = ag_add(g, change, ag_mul(g, ag_scale(g, u->lr, o->weight_decay), u->p));
  return ag_sub(g, u->p, change);
}

nn_optimizer nn_adafactor_rule(const nn_adafactor_options *o) {
  return (nn_optimizer){.n_slots = 2,
                        .slot_names = {"adafactor/rows", "adafactor/columns"},
                        .update = adafactor_update,
                        .options = o,
                        .lr = o->lr,
                        .slot_type = slot_type};
}

void nn_adafactor(nn_model *m, ag_ref loss, const nn_adafactor_options *o) {
  if (!nn_options_given(m, "nn_adafactor", o)) return;
  nn_optimizer rule = nn_adafactor_rule(o);
  nn_minimize(m, loss, &rule, o->lr);
}

static void sample(nn_model *m, ag_ref loss, double lr) {
  nn_adafactor(m, loss, &(nn_adafactor_options){.lr = lr});
}

const nn_optimizer_row nn_optimizer_adafactor = {
    "nn_adafactor",
    "Adam without momentum, with one second moment per row and per column: less memory for large matrices.",
    sample};
