/* gradients.c - see gradients.h: computes the gradients, and transforms them before the update rule. */
#include "nn/internal.h"

#include <math.h>

/* ---- which parameters -------------------------------------------------------------------------------- */

/* Lists the trainable parameters: their indices and refs. The arrays have room for all variables. */
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

/* Whether a gradient is the constant 0 that ag_grad returns for a parameter without influence (not used, or
 * behind a detach). Equal nodes merge, so building that constant again returns the same node. */
static bool is_zero(nn_model *m, ag_ref gradient) {
  ag_type t = ag_type_of(m->graph, gradient);
  ag_ref zero = ag_broadcast(m->graph, ag_scalar(m->graph, t.dtype, 0), t.rank, t.shape);
  return zero.id == gradient.id;
}

static void differentiate(nn_gradients *d, ag_ref loss, int *index, ag_ref *wrt, ag_ref *gradient) {
  nn_model *m = d->m;
  int n = candidates(m, index, wrt);
  nn__begin_training(m);
  ag_grad(m->graph, loss, wrt, n, gradient);
  for (int i = 0; i < n && nn_building(m); i++) {
    if (is_zero(m, gradient[i])) continue;
    d->index[d->n] = index[i];
    d->of[d->n++] = (nn_gradient){m->variables[index[i]].name, wrt[i], gradient[i]};
  }
  if (!d->n && nn_building(m))
    nn_fail(m, TN_EINVAL, "nn_minimize: the loss depends on no parameter that is not frozen");
  m->minimizes = true;
}

static bool watch(nn_model *m, ag_ref loss) {
  ag_type type = ag_type_of(m->graph, loss);
  if (type.rank != 0 || type.dtype != m->dtype) {
    nn_fail(m, TN_ESHAPE, "nn_minimize: the loss must be a scalar of the model's type");
    return false;
  }
  if (tn_grow(m->alloc, &m->losses, &m->cap_losses, m->n_losses + 1, sizeof *m->losses) != TN_OK) {
    nn_fail(m, TN_ENOMEM, "nn_minimize: out of memory");
    return false;
  }
  m->losses[m->n_losses++] = loss;
  return true;
}

static void gradients_free(const tn_alloc *alloc, nn_gradients *d) {
  if (!d) return;
  tn_free(alloc, d->of);
  tn_free(alloc, d->index);
  tn_free(alloc, d->done);
  tn_free(alloc, d);
}

void nn__gradients_free(nn_model *m) {
  while (m->gradients) {
    nn_gradients *d = m->gradients;
    m->gradients = d->next;
    gradients_free(m->alloc, d);
  }
}

static nn_gradients *gradients_new(nn_model *m) {
  size_t n = m->n_variables + 1;
  nn_gradients *d = tn_calloc(m->alloc, 1, sizeof *d);
  if (!d) return NULL;
  d->m = m;
  d->of = tn_calloc(m->alloc, n, sizeof *d->of);
  d->index = tn_calloc(m->alloc, n, sizeof *d->index);
  d->done = tn_calloc(m->alloc, n, sizeof *d->done);
  if (d->of && d->index && d->done) return d;
  gradients_free(m->alloc, d);
  return NULL;
}

nn_gradients *nn_gradients_of(nn_model *m, ag_ref loss) {
  if (!nn_building(m) || m->mode == NN_EVAL || !watch(m, loss)) return NULL;
  size_t n = m->n_variables + 1;
  nn_gradients *d = gradients_new(m);
  int *index = tn_calloc(m->alloc, n, sizeof *index);
  ag_ref *refs = tn_calloc(m->alloc, 2 * n, sizeof *refs);
  if (d && index && refs) differentiate(d, loss, index, refs, refs + n);
  else nn_fail(m, TN_ENOMEM, "nn_minimize: out of memory");
  tn_free(m->alloc, index);
  tn_free(m->alloc, refs);
  if (!nn_building(m)) {
    gradients_free(m->alloc, d);
    return NULL;
  }
  d->next = m->gradients;
  m->gradients = d;
  return d;
}

int nn_gradients_count(const nn_gradients *d) { return d ? d->n : 0; }
nn_gradient *nn_gradients_at(nn_gradients *d, int i) { return &d->of[i]; }

/* ---- transforms -------------------------------------------------------------------------------------- */

static bool usable(const nn_gradients *d) { return d && nn_building(d->m); }

/* Refuses a transform after a rule, which would have no effect. */
bool nn__changeable(nn_gradients *d, const char *who) {
  if (!usable(d)) return false;
  for (int i = 0; i < d->n; i++) {
    if (!d->done[i]) continue;
    nn_fail(d->m, TN_EINVAL, "%s: comes after nn_update, which would not see it; call it before", who);
    return false;
  }
  return true;
}

static bool check_limit(nn_gradients *d, const char *who, double limit) {
  if (!nn__changeable(d, who)) return false;
  if (limit > 0 && isfinite(limit)) return true;
  nn_fail(d->m, TN_EINVAL, "%s: the limit must be above 0, not %g", who, limit);
  return false;
}

void nn_clip_value(nn_gradients *d, double limit) {
  if (!check_limit(d, "nn_clip_value", limit)) return;
  for (int i = 0; i < d->n; i++) d->of[i].gradient = ag_clamp(d->m->graph, d->of[i].gradient, -limit, limit);
}

/* min(1, limit / (norm + 1e-6)): the epsilon for a norm of 0 is PyTorch's. */
static ag_ref shrink(ag_graph *g, ag_ref norm, double limit) {
  ag_ref factor = ag_div(g, ag_like(g, norm, limit), ag_offset(g, norm, 1e-6));
  return ag_minimum(g, factor, ag_like(g, norm, 1));
}

void nn_clip_norm(nn_gradients *d, double limit) {
  if (!check_limit(d, "nn_clip_norm", limit)) return;
  ag_graph *g = d->m->graph;
  for (int i = 0; i < d->n; i++) {
    ag_ref x = d->of[i].gradient, norm = ag_sqrt(g, ag_sum_all(g, ag_square(g, x)));
    d->of[i].gradient = ag_mul(g, x, shrink(g, norm, limit));
  }
}

ag_ref nn_global_norm(nn_gradients *d) {
  ag_ref sum = {0};
  if (!usable(d)) return sum;
  ag_graph *g = d->m->graph;
  for (int i = 0; i < d->n; i++) {
    ag_ref square = ag_sum_all(g, ag_square(g, d->of[i].gradient));
    sum = sum.id ? ag_add(g, sum, square) : square;
  }
  return ag_sqrt(g, sum);
}

void nn_clip_global_norm(nn_gradients *d, double limit) {
  if (!check_limit(d, "nn_clip_global_norm", limit)) return;
  ag_ref factor = shrink(d->m->graph, nn_global_norm(d), limit);
  for (int i = 0; i < d->n; i++) d->of[i].gradient = ag_mul(d->m->graph, d->of[i].gradient, factor);
}

typedef ag_ref transform(ag_graph *g, const nn_gradient *x, const void *ctx);

/* Transforms the gradients of parameters that match; it is an error if none does. */
static void apply(nn_gradients *d, const char *who, const char *glob, transform *f, const void *ctx) {
  bool any = false;
  if (!nn__changeable(d, who)) return;
  for (int i = 0; i < d->n; i++) {
    if (!nn__glob(glob, d->of[i].name)) continue;
    d->of[i].gradient = f(d->m->graph, &d->of[i], ctx);
    any = true;
  }
  if (!any) nn_fail(d->m, TN_EINVAL, "%s: no parameter that is trained matches '%s'", who, glob);
}

static ag_ref decay(ag_graph *g, const nn_gradient *x, const void *ctx) {
  return ag_add(g, x->gradient, ag_scale(g, x->parameter, *(const double *)ctx));
}

void nn_decay(nn_gradients *d, const char *glob, double weight) {
  apply(d, "nn_decay", glob, decay, &weight);
}

static ag_ref centralize(ag_graph *g, const nn_gradient *x, const void *ctx) {
  int rank = ag_type_of(g, x->gradient).rank;
  (void)ctx;
  if (rank < 2) return x->gradient;
  ag_type t = ag_type_of(g, x->gradient);
  double n = (double)tn_numel(rank - 1, t.shape);
  ag_ref sum = ag_sum(g, x->gradient, (1u << (rank - 1)) - 1, true);
  return ag_sub(g, x->gradient, ag_scale(g, sum, 1 / n));
}

void nn_centralize(nn_gradients *d, const char *glob) { apply(d, "nn_centralize", glob, centralize, NULL); }

static ag_ref mask_one(ag_graph *g, const nn_gradient *x, const void *ctx) {
  ag_ref mask = ag_constant(g, *(const tn_view *)ctx);
  ag_type have = ag_type_of(g, x->gradient);
  if (ag_type_of(g, mask).dtype != have.dtype) mask = ag_cast(g, mask, have.dtype);
  ag_ref y = ag_mul(g, x->gradient, mask);
  ag_type made = ag_type_of(g, y);
  if (y.id && !tn_same_shape(made.rank, made.shape, have.rank, have.shape))
    ag_fail(g, TN_ESHAPE, "nn_mask: the mask of '%s' is larger than the parameter", x->name);
  return y;
}

void nn_mask(nn_gradients *d, const char *glob, tn_view mask) { apply(d, "nn_mask", glob, mask_one, &mask); }

/* ---- the mean over k steps ------------------------------------------------------------------------------ */

/* A scalar slot that belongs to no parameter. */
static ag_ref counter(nn_model *m, const char *who, const char *name) {
  const nn__variable *v = nn__declare(m, who, name, NN__SLOT, 0, NULL);
  return v ? v->ref : (ag_ref){0};
}

ag_ref nn__count_updates(nn_model *m, const char *who, int k) {
  ag_graph *g = m->graph;
  ag_ref within = counter(m, who, "accumulate/within"), done = counter(m, who, "accumulate/updates");
  ag_ref next = ag_offset(g, within, 1), applies = ag_greater_equal(g, next, ag_like(g, next, k));
  m->every = k;
  m->applies = applies;
  m->applied = ag_add(g, done, applies);
  nn__assign(m, within, ag_where(g, applies, ag_like(g, next, 0), next));
  nn__assign(m, done, m->applied);
  return within;
}

static ag_ref add_up(nn_gradients *d, int i, int k) {
  nn_model *m = d->m;
  ag_graph *g = m->graph;
  ag_ref so_far = nn__slot_of(m, "nn_accumulate", "accumulate", d->index[i], NULL);
  if (!so_far.id) return so_far;
  ag_ref mean = ag_add(g, so_far, ag_scale(g, d->of[i].gradient, 1.0 / k));
  nn__assign(m, so_far, ag_where(g, m->applies, ag_like(g, mean, 0), mean));
  return mean;
}

void nn_accumulate(nn_gradients *d, int k) {
  if (!nn__changeable(d, "nn_accumulate")) return;
  if (k < 1 || (d->m->every && d->m->every != k) || d->m->sums || d->accumulates) {
    nn_fail(d->m, TN_EINVAL,
            "nn_accumulate: %d steps; want 1 or more, the same number for all losses, and one call for each",
            k);
    return;
  }
  d->accumulates = k > 1;
  if (k == 1) return;
  if (!d->m->every) (void)nn__count_updates(d->m, "nn_accumulate", k);
  for (int i = 0; i < d->n && nn_building(d->m); i++) d->of[i].gradient = add_up(d, i, k);
}
