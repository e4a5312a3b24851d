/* minimize.c - see minimize.h: gradients, slots, and the assigns that end a step. */
#include "nn/internal.h"

#include <math.h>

enum { MAX_SLOTS = (int)(sizeof((nn_optimizer *)0)->slot_names / sizeof(char *)) };

/* ---- which parameters -------------------------------------------------------------------------------- */

/* Indices of the variables that may be trained, and their refs; the arrays have room for all variables. */
static int candidates(nn_model *m, int *index, ag_ref *wrt) {
  int n = 0;
  for (size_t i = 0; i < m->n_variables; i++) {
    const nn__variable *v = &m->variables[i];
    if (v->kind != NN__PARAMETER || !nn__declared(m, v) || v->frozen) continue;
    index[n] = (int)i;
    wrt[n++] = v->ref;
  }
  return n;
}

/* Whether a gradient is the constant 0 that ag_grad gives for what has no influence: unreachable, or behind a
 * detach. Equal nodes merge, so building that constant again finds it. */
static bool is_zero(nn_model *m, ag_ref gradient) {
  ag_type t = ag_type_of(m->graph, gradient);
  ag_ref zero = ag_broadcast(m->graph, ag_scalar(m->graph, t.dtype, 0), t.rank, t.shape);
  return zero.id == gradient.id;
}

/* ---- one step ---------------------------------------------------------------------------------------- */

static void update(nn_model *m, ag_ref state, ag_ref value) {
  if (tn_grow(m->alloc, &m->updates, &m->cap_updates, m->n_updates + 1, sizeof *m->updates) != TN_OK) {
    nn_fail(m, TN_ENOMEM, "nn_minimize: out of memory");
    return;
  }
  m->updates[m->n_updates++] = value;
  (void)ag_assign(m->graph, state, value);
}

/* The learning rate is one leaf, whatever the number of optimizers; the first one's is what it holds. */
static ag_ref learning_rate(nn_model *m, double lr) {
  if (!m->minimizes) {
    m->lr = lr;
    m->rate = ag_input(m->graph, "lr", m->dtype, 0, NULL);
  }
  if (lr == m->lr) return m->rate;
  if (m->lr != 0) return ag_scale(m->graph, m->rate, lr / m->lr);
  nn_fail(m, TN_EINVAL, "nn_minimize: a second optimizer cannot have another rate if the first one's is 0");
  return (ag_ref){0};
}

/* 1 at the first step; counted once, whatever the number of optimizers. */
static ag_ref next_step(nn_model *m) {
  if (m->minimizes) return m->step;
  ag_ref before = nn__declare(m, "nn_minimize", "step", NN__STEP, 0, NULL, NULL);
  m->step = ag_offset(m->graph, before, 1);
  update(m, before, m->step);
  return m->step;
}

/* The value after the parameter's proximal operator, if it has one. */
static ag_ref proximal(nn_model *m, int index, const nn_optimizer *o, const ag_ref *new_slots, ag_ref lr,
                       ag_ref step, ag_ref value) {
  const nn__variable *v = &m->variables[index];
  if (!v->prox || !nn_building(m)) return value;
  if (!o->step_size) {
    nn_fail(m, TN_EINVAL,
            "nn_minimize: '%s' has a proximal operator, and this optimizer has no step size for it "
            "(nn_optimizer.step_size)",
            v->name);
    return value;
  }
  return nn__prox(m, v, value, o->step_size(m->graph, o->options, new_slots, lr, step));
}

static void update_parameter(nn_model *m, int index, ag_ref gradient, const nn_optimizer *o, ag_ref lr,
                             ag_ref step) {
  ag_ref slots[MAX_SLOTS] = {{0}}, new_slots[MAX_SLOTS] = {{0}};
  ag_ref parameter = m->variables[index].ref;
  ag_type type = m->variables[index].type;
  for (int k = 0; k < o->n_slots; k++) {
    char name[NN__NAME];
    nn__variable *slot;
    if (!nn__join(m, name, o->slot_names[k], m->variables[index].name)) return;
    slots[k] = nn__declare(m, "nn_minimize", name, NN__SLOT, type.rank, type.shape, &slot);
    if (!slots[k].id) return;
    if (!m->sealed) slot->owner = index;
  }
  ag_scope_push(m->graph, m->variables[index].name);
  ag_ref value = o->update(m->graph, o->options, parameter, gradient, slots, new_slots, lr, step);
  value = proximal(m, index, o, new_slots, lr, step, value);
  for (int k = 0; k < o->n_slots; k++) update(m, slots[k], new_slots[k]);
  update(m, parameter, value);
  ag_scope_pop(m->graph);
}

static void minimize(nn_model *m, ag_ref loss, const nn_optimizer *o, double lr, int *index, ag_ref *wrt,
                     ag_ref *gradient) {
  int n = candidates(m, index, wrt), trained = 0;
  ag_use_expressions(m->graph, nn__expressions);
  ag_ref rate = learning_rate(m, lr), step = next_step(m);
  ag_grad(m->graph, loss, wrt, n, gradient);
  ag_scope_push(m->graph, "update");
  for (int i = 0; i < n && nn_building(m); i++) {
    if (is_zero(m, gradient[i])) continue;
    update_parameter(m, index[i], gradient[i], o, rate, step);
    trained++;
  }
  ag_scope_pop(m->graph);
  if (!trained && nn_building(m)) {
    nn_fail(m, TN_EINVAL, "nn_minimize: the loss depends on no parameter that is not frozen");
  }
  m->minimizes = true;
}

static void watch(nn_model *m, ag_ref loss, double lr) {
  if (tn_grow(m->alloc, &m->losses, &m->cap_losses, m->n_losses + 1, sizeof *m->losses) != TN_OK) {
    nn_fail(m, TN_ENOMEM, "nn_minimize: out of memory");
    return;
  }
  m->losses[m->n_losses++] = loss;
  m->still |= lr == 0;
}

void nn_minimize(nn_model *m, ag_ref loss, const nn_optimizer *o, double lr) {
  if (!nn_building(m) || m->mode == NN_EVAL) return;
  ag_type type = ag_type_of(m->graph, loss);
  if (type.rank != 0 || type.dtype != m->dtype) {
    nn_fail(m, TN_ESHAPE, "nn_minimize: the loss must be a scalar of the model's type");
    return;
  }
  if (!(lr >= 0 && isfinite(lr)) || o->n_slots < 0 || o->n_slots > MAX_SLOTS) {
    nn_fail(m, TN_EINVAL, "nn_minimize: needs a learning rate >= 0 (not %g) and 0 to %d slots (not %d)", lr,
            MAX_SLOTS, o->n_slots);
    return;
  }
  watch(m, loss, lr);
  size_t n = m->n_variables + 1;
  int *index = tn_calloc(m->alloc, n, sizeof *index);
  ag_ref *refs = tn_calloc(m->alloc, 2 * n, sizeof *refs);
  if (index && refs) minimize(m, loss, o, lr, index, refs, refs + n);
  else nn_fail(m, TN_ENOMEM, "nn_minimize: out of memory");
  tn_free(m->alloc, index);
  tn_free(m->alloc, refs);
}
