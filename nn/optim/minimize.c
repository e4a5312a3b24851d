/* minimize.c - see minimize.h and gradients.h: slots, update rules, and the assigns at the end of a step. */
#include "nn/internal.h"

#include <math.h>

enum { MAX_SLOTS = (int)(sizeof((nn_optimizer *)0)->slot_names / sizeof(char *)) };

void nn__assign(nn_model *m, ag_ref state, ag_ref value) {
  if (tn_grow(m->alloc, &m->updates, &m->cap_updates, m->n_updates + 1, sizeof *m->updates) != TN_OK) {
    nn_fail(m, TN_ENOMEM, "nn_minimize: out of memory");
    return;
  }
  m->updates[m->n_updates++] = value;
  (void)ag_assign(m->graph, state, value);
}

/* All optimizers share one leaf for the learning rate and one for the step (1 in the first step). */
void nn__begin_training(nn_model *m) {
  if (m->step.id) return;
  ag_use_expressions(m->graph, nn__expressions);
  m->rate = ag_input(m->graph, "lr", m->dtype, 0, NULL);
  const nn__variable *counter = nn__declare(m, "nn_minimize", "step", NN__STEP, 0, NULL);
  ag_ref before = counter ? counter->ref : (ag_ref){0};
  m->step = ag_offset(m->graph, before, 1);
  nn__assign(m, before, m->step);
}

/* The leaf holds the rate of the first optimizer; those of others are multiples of it. */
static ag_ref learning_rate(nn_model *m, double lr) {
  if (!m->n_rules++) m->lr = lr;
  m->still |= lr == 0;
  if (lr == m->lr) return m->rate;
  if (m->lr != 0) return ag_scale(m->graph, m->rate, lr / m->lr);
  nn_fail(m, TN_EINVAL, "nn_minimize: a second optimizer cannot have another rate if the first one's is 0");
  return (ag_ref){0};
}

/* ---- one parameter ----------------------------------------------------------------------------------- */

/* Applies the parameter's proximal operator, if it has one. */
static ag_ref proximal(nn_model *m, int index, const nn_optimizer *o, const nn_update_step *u, ag_ref value) {
  const nn__variable *v = &m->variables[index];
  if (!v->prox || !nn_building(m)) return value;
  if (!o->step_size) {
    nn_fail(m, TN_EINVAL,
            "nn_minimize: '%s' has a proximal operator, and this optimizer has no step size for it "
            "(nn_optimizer.step_size)",
            v->name);
    return value;
  }
  return nn__prox(m, v, value, o->step_size(u));
}

/* Slot k of the parameter. */
static ag_ref slot_of(nn_model *m, int index, const nn_optimizer *o, int k) {
  ag_type type = m->variables[index].type;
  if (o->slot_type) o->slot_type(o->options, k, &type);
  return nn__slot_of(m, "nn_minimize", o->slot_names[k], index, &type);
}

/* With accumulated gradients, a step that does not update keeps the old value. */
ag_ref nn__applied(const nn_gradients *d, ag_ref value, ag_ref before) {
  return d->accumulates ? ag_where(d->m->graph, d->m->applies, value, before) : value;
}

ag_ref nn__updates(const nn_gradients *d) { return d->accumulates ? d->m->applied : d->m->step; }

static void update_parameter(nn_gradients *d, int i, const nn_optimizer *o, ag_ref lr) {
  nn_model *m = d->m;
  int index = d->index[i];
  ag_ref slots[MAX_SLOTS] = {{0}}, new_slots[MAX_SLOTS] = {{0}};
  ag_ref parameter = d->of[i].parameter;
  for (int k = 0; k < o->n_slots; k++)
    if (!(slots[k] = slot_of(m, index, o, k)).id) return;
  ag_scope_push(m->graph, m->variables[index].name);
  const nn_update_step step = {.g = m->graph,
                               .options = o->options,
                               .p = parameter,
                               .dp = d->of[i].gradient,
                               .slots = slots,
                               .new_slots = new_slots,
                               .lr = lr,
                               .step = nn__updates(d)};
  ag_ref value = proximal(m, index, o, &step, o->update(&step));
  value = nn__constrained(m, &m->variables[index], value);
  ag_ref moved = nn__applied(d, value, parameter);
  for (int k = 0; k < o->n_slots; k++) nn__assign(m, slots[k], nn__applied(d, new_slots[k], slots[k]));
  nn__assign(m, parameter, moved);
  nn__average(d, index, value);
  ag_scope_pop(m->graph);
}

/* ---- a group ----------------------------------------------------------------------------------------- */

void nn_update(nn_gradients *d, const char *glob, nn_optimizer rule) {
  bool any = false;
  if (!d || !nn_building(d->m)) return;
  nn_model *m = d->m;
  if (!(rule.lr >= 0 && isfinite(rule.lr)) || rule.n_slots < 0 || rule.n_slots > MAX_SLOTS) {
    nn_fail(m, TN_EINVAL, "nn_minimize: needs a learning rate >= 0 (not %g) and 0 to %d slots (not %d)",
            rule.lr, MAX_SLOTS, rule.n_slots);
    return;
  }
  ag_ref rate = learning_rate(m, rule.lr);
  ag_scope_push(m->graph, "update");
  for (int i = 0; i < d->n && nn_building(m); i++) {
    if (d->done[i] || !nn__glob(glob, d->of[i].name)) continue;
    update_parameter(d, i, &rule, rate);
    d->done[i] = any = true;
  }
  ag_scope_pop(m->graph);
  if (!any)
    nn_fail(m, TN_EINVAL, "nn_update: no parameter that is trained and not in a group yet matches '%s'",
            glob);
}

bool nn_options_given(nn_model *m, const char *who, const void *options) {
  if (!options) nn_fail(m, TN_EINVAL, "%s: options must not be NULL; they hold the learning rate", who);
  return options != NULL;
}

void nn_minimize(nn_model *m, ag_ref loss, const nn_optimizer *o, double lr) {
  nn_optimizer rule = *o;
  rule.lr = lr;
  nn_update(nn_gradients_of(m, loss), "*", rule);
}
