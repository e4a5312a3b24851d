/* optim.c - optimizers are graph: gradients, slots, and the assigns that end a step. */
#include "internal.h"

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
    nn__fail(m, TN_ENOMEM, "nn_minimize: out of memory");
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
  nn__fail(m, TN_EINVAL, "nn_minimize: a second optimizer cannot have another rate if the first one's is 0");
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
  if (!v->prox || !nn__building(m)) return value;
  if (!o->step_size) {
    nn__fail(m, TN_EINVAL,
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
  ag_ref rate = learning_rate(m, lr), step = next_step(m);
  ag_grad(m->graph, loss, wrt, n, gradient);
  ag_scope_push(m->graph, "update");
  for (int i = 0; i < n && nn__building(m); i++) {
    if (is_zero(m, gradient[i])) continue;
    update_parameter(m, index[i], gradient[i], o, rate, step);
    trained++;
  }
  ag_scope_pop(m->graph);
  if (!trained && nn__building(m)) {
    nn__fail(m, TN_EINVAL, "nn_minimize: the loss depends on no parameter that is not frozen");
  }
  m->minimizes = true;
}

void nn_minimize(nn_model *m, ag_ref loss, const nn_optimizer *o, double lr) {
  if (!nn__building(m) || m->mode == NN_EVAL) return;
  ag_type type = ag_type_of(m->graph, loss);
  if (type.rank != 0 || type.dtype != m->dtype) {
    nn__fail(m, TN_ESHAPE, "nn_minimize: the loss must be a scalar of the model's type");
    return;
  }
  if (!(lr >= 0 && isfinite(lr)) || o->n_slots < 0 || o->n_slots > MAX_SLOTS) {
    nn__fail(m, TN_EINVAL, "nn_minimize: needs a learning rate >= 0 (not %g) and 0 to %d slots (not %d)", lr,
             MAX_SLOTS, o->n_slots);
    return;
  }
  size_t n = m->n_variables + 1;
  int *index = tn_calloc(m->alloc, n, sizeof *index);
  ag_ref *refs = tn_calloc(m->alloc, 2 * n, sizeof *refs);
  if (index && refs) minimize(m, loss, o, lr, index, refs, refs + n);
  else nn__fail(m, TN_ENOMEM, "nn_minimize: out of memory");
  tn_free(m->alloc, index);
  tn_free(m->alloc, refs);
}

/* ---- rules ------------------------------------------------------------------------------------------- */

/* a * x + b * y */
static ag_ref mix(ag_graph *g, double a, ag_ref x, double b, ag_ref y) {
  return ag_add(g, ag_scale(g, x, a), ag_scale(g, y, b));
}

static double or_default(double value, double otherwise) { return value != 0 ? value : otherwise; }

/* velocity = momentum * velocity + gradient; p -= lr * velocity, or with Nesterov's look ahead
 * lr * (gradient + momentum * velocity). */
static ag_ref sgd_update(ag_graph *g, const void *options, ag_ref p, ag_ref dp, const ag_ref *slots,
                         ag_ref *new_slots, ag_ref lr, ag_ref step) {
  const nn_sgd_options *o = options;
  (void)step;
  ag_ref direction = dp;
  if (o->momentum != 0) {
    new_slots[0] = ag_add(g, ag_scale(g, slots[0], o->momentum), dp);
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
  return ag_scale(g, lr, 1 / (1 - o->momentum));
}

void nn_sgd(nn_model *m, ag_ref loss, const nn_sgd_options *o) {
  nn_optimizer rule = {o->momentum != 0, {"sgd/velocity"}, sgd_update, o, sgd_step_size};
  nn_minimize(m, loss, &rule, o->lr);
}

static ag_ref rmsprop_update(ag_graph *g, const void *options, ag_ref p, ag_ref dp, const ag_ref *slots,
                             ag_ref *new_slots, ag_ref lr, ag_ref step) {
  const nn_rmsprop_options *o = options;
  double rho = or_default(o->rho, 0.9), epsilon = or_default(o->epsilon, 1e-7);
  (void)step;
  ag_ref v = new_slots[0] = mix(g, rho, slots[0], 1 - rho, ag_square(g, dp));
  return ag_sub(g, p, ag_div(g, ag_mul(g, lr, dp), ag_offset(g, ag_sqrt(g, v), epsilon)));
}

/* lr / (sqrt(mean of v over the row) + epsilon) */
static ag_ref row_step(ag_graph *g, ag_ref lr, ag_ref v, double epsilon) {
  ag_ref mean = ag_type_of(g, v).rank ? ag_mean_axis(g, v, -1, true) : v;
  return ag_div(g, lr, ag_offset(g, ag_sqrt(g, mean), epsilon));
}

static ag_ref rmsprop_step_size(ag_graph *g, const void *options, const ag_ref *new_slots, ag_ref lr,
                                ag_ref step) {
  const nn_rmsprop_options *o = options;
  (void)step;
  return row_step(g, lr, new_slots[0], or_default(o->epsilon, 1e-7));
}

void nn_rmsprop(nn_model *m, ag_ref loss, const nn_rmsprop_options *o) {
  nn_optimizer rule = {1, {"rmsprop/v"}, rmsprop_update, o, rmsprop_step_size};
  nn_minimize(m, loss, &rule, o->lr);
}

/* 1 - beta^t without cancellation: with beta2 = 0.999 the first steps would lose three digits in f32. */
static ag_ref bias_correction(ag_graph *g, double beta, ag_ref step) {
  return ag_neg(g, ag_expm1(g, ag_scale(g, step, log(beta))));
}

static ag_ref adam_update(ag_graph *g, const void *options, ag_ref p, ag_ref dp, const ag_ref *slots,
                          ag_ref *new_slots, ag_ref lr, ag_ref step) {
  const nn_adam_options *o = options;
  double beta1 = or_default(o->beta1, 0.9), beta2 = or_default(o->beta2, 0.999);
  double epsilon = or_default(o->epsilon, 1e-7);
  ag_ref m = new_slots[0] = mix(g, beta1, slots[0], 1 - beta1, dp);
  ag_ref v = new_slots[1] = mix(g, beta2, slots[1], 1 - beta2, ag_square(g, dp));
  ag_ref c1 = bias_correction(g, beta1, step), c2 = ag_sqrt(g, bias_correction(g, beta2, step));
  ag_ref rate, root = ag_sqrt(g, v);
  if (o->torch_epsilon) {
    rate = ag_div(g, lr, c1);
    root = ag_div(g, root, c2);
  } else {
    rate = ag_div(g, ag_mul(g, lr, c2), c1);
  }
  ag_ref change = ag_div(g, ag_mul(g, rate, m), ag_offset(g, root, epsilon));
  if (o->weight_decay != 0) {
    /* Decoupled: on the parameter as it was, not through the moments (Loshchilov & Hutter 2019). */
    change = ag_add(g, change, ag_mul(g, ag_scale(g, lr, o->weight_decay), p));
  }
  return ag_sub(g, p, change);
}

static ag_ref adam_step_size(ag_graph *g, const void *options, const ag_ref *new_slots, ag_ref lr,
                             ag_ref step) {
  const nn_adam_options *o = options;
  double beta2 = or_default(o->beta2, 0.999);
  ag_ref v_hat = ag_div(g, new_slots[1], bias_correction(g, beta2, step));
  return row_step(g, lr, v_hat, or_default(o->epsilon, 1e-7));
}

void nn_adam(nn_model *m, ag_ref loss, const nn_adam_options *o) {
  nn_optimizer rule = {2, {"adam/m", "adam/v"}, adam_update, o, adam_step_size};
  nn_minimize(m, loss, &rule, o->lr);
}
