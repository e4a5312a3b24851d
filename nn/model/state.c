/* state.c - the values of one replica: one slab of memory with the offsets of the model's registry. */
#include "nn/internal.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

size_t nn__slab_bytes(const nn_model *m) {
  size_t bytes = (size_t)m->slab * tn_dtype_size(m->dtype);
  return bytes ? bytes : 64; /* a model without variables still has states */
}

tn_view nn__view(const nn_state *s, const nn__variable *v) {
  char *data = (char *)s->slab + (size_t)v->offset * tn_dtype_size(v->type.dtype);
  return tn_view_of(data, v->type.dtype, v->type.rank, v->type.shape);
}

tn_status nn__state_fail(nn_state *s, tn_status status, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(s->error, sizeof s->error, format, args);
  va_end(args);
  return status;
}

const char *nn_state_error(const nn_state *s) { return s ? s->error : "there is no state (NULL)"; }

/* ---- life -------------------------------------------------------------------------------------------- */

tn_status nn_state_new(const nn_model *m, nn_state **out) {
  if (!m || !out) return TN_EINVAL;
  if (m->status != TN_OK) return m->status;
  nn_state *s = tn_calloc(m->alloc, 1, sizeof *s);
  if (!s) return TN_ENOMEM;
  s->model = m;
  s->slab = tn_calloc(m->alloc, 1, nn__slab_bytes(m));
  s->given = tn_calloc(m->alloc, m->n_variables + 1, sizeof *s->given);
  if (!s->slab || !s->given) {
    nn_state_free(s);
    return TN_ENOMEM;
  }
  *out = s;
  return TN_OK;
}

void nn_state_free(nn_state *s) {
  if (!s) return;
  const tn_alloc *alloc = s->model->alloc;
  tn_free(alloc, s->slab);
  tn_free(alloc, s->given);
  tn_free(alloc, s);
}

void nn_state_init(nn_state *s, uint32_t seed, uint32_t replica) {
  const nn_model *m = s->model;
  tn_rng key = {.seed = seed, .replica = replica};
  for (size_t i = 0; i < m->n_variables; i++) {
    nn__initialize(&m->variables[i], key, nn__view(s, &m->variables[i]));
  }
  nn__state_given(s);
}

/* ---- whether it has values --------------------------------------------------------------------------- */

void nn__state_given(nn_state *s) {
  for (size_t i = 0; i < s->model->n_variables; i++) s->given[i] = true;
}

static bool all_zero(tn_view v) {
  const unsigned char *byte = v.data;
  size_t n = tn_view_bytes(&v);
  for (size_t i = 0; i < n; i++)
    if (byte[i]) return false;
  return true;
}

/* Whether a variable has never been set: it is all zero, but does not start at zero. A value may be set
 * through its view, so a flag alone cannot tell. */
static bool forgotten(const nn_state *s, size_t i) {
  const nn__variable *v = &s->model->variables[i];
  nn_initializer zeros = nn_init_constant(0);
  bool begins_at_zero = v->kind == NN__PARAMETER ? v->init.fill == zeros.fill && v->init.args[0] == 0
                        : v->kind == NN__BUFFER  ? v->value == 0
                                                 : true;
  return !s->given[i] && !begins_at_zero && all_zero(nn__view(s, v));
}

const char *nn__state_unset(const nn_state *s) {
  for (size_t i = 0; i < s->model->n_variables; i++)
    if (forgotten(s, i)) return s->model->variables[i].name;
  return NULL;
}

tn_status nn__state_check(const nn_model *m, nn_state *s, const char *who) {
  if (s->model != m) return nn__state_fail(s, TN_EINVAL, "%s: the state belongs to another model", who);
  const char *unset = nn__state_unset(s);
  if (!unset) return TN_OK;
  return nn__state_fail(
      s, TN_EINVAL, "%s: nothing has set '%s' yet; call nn_state_init, nn_state_load or nn_state_copy first",
      who, unset);
}

tn_status nn_state_clone(const nn_state *s, nn_state **out) {
  nn_state *copy;
  if (!s || !out) return TN_EINVAL;
  tn_status status = nn_state_new(s->model, &copy);
  if (status != TN_OK) return status;
  memcpy(copy->slab, s->slab, nn__slab_bytes(s->model));
  memcpy(copy->given, s->given, s->model->n_variables * sizeof *s->given);
  *out = copy;
  return TN_OK;
}

/* ---- reading ----------------------------------------------------------------------------------------- */

int nn_state_count(const nn_state *s) { return (int)s->model->n_variables; }
const char *nn_state_name(const nn_state *s, int i) { return s->model->variables[i].name; }
tn_view nn_state_view(const nn_state *s, int i) { return nn__view(s, &s->model->variables[i]); }

int nn_state_next(const nn_state *s, const char *glob, int after) {
  for (size_t i = (size_t)(after + 1); i < s->model->n_variables; i++)
    if (nn__glob(glob, s->model->variables[i].name)) return (int)i;
  return -1;
}

nn_kind nn_state_kind(const nn_state *s, int i) {
  static const nn_kind kinds[] = {[NN__PARAMETER] = NN_KIND_PARAMETER,
                                  [NN__BUFFER] = NN_KIND_BUFFER,
                                  [NN__SLOT] = NN_KIND_SLOT,
                                  [NN__STEP] = NN_KIND_STEP};
  return kinds[s->model->variables[i].kind];
}

bool nn_state_find(const nn_state *s, const char *name, tn_view *out) {
  const nn__variable *v = nn__find(s->model, name);
  if (v) *out = nn__view(s, v);
  return v != NULL;
}

bool nn__finite(const nn_state *s) {
  int64_t n = s->model->slab; /* the gaps between variables stay zero */
  bool finite = true;
  if (s->model->dtype == TN_F32) {
    const float *x = s->slab;
    for (int64_t i = 0; i < n; i++) finite &= isfinite(x[i]) != 0;
  } else {
    const double *x = s->slab;
    for (int64_t i = 0; i < n; i++) finite &= isfinite(x[i]) != 0;
  }
  return finite;
}

/* ---- between states ---------------------------------------------------------------------------------- */

static bool trained_or_kept(nn__kind kind) { return kind == NN__PARAMETER || kind == NN__BUFFER; }

/* The variable of m named "<prefix><rest>". */
static const nn__variable *find_joined(const nn_model *m, const char *prefix, const char *rest) {
  size_t length = strlen(prefix);
  for (size_t i = 0; i < m->n_variables; i++) {
    const nn__variable *v = &m->variables[i];
    if (!strncmp(v->name, prefix, length) && !strcmp(v->name + length, rest)) return v;
  }
  return NULL;
}

int nn_state_copy(nn_state *dst, const char *to, const nn_state *src, const char *from, bool params_only) {
  size_t length = strlen(from);
  int copied = 0;
  for (size_t i = 0; i < src->model->n_variables; i++) {
    const nn__variable *a = &src->model->variables[i];
    if (strncmp(a->name, from, length) != 0 || (params_only && !trained_or_kept(a->kind))) continue;
    const nn__variable *b = find_joined(dst->model, to, a->name + length);
    if (!b || (params_only && !trained_or_kept(b->kind))) continue;
    if (!tn_same_shape(a->type.rank, a->type.shape, b->type.rank, b->type.shape)) continue;
    tn_view x = nn__view(src, a), y = nn__view(dst, b);
    if (x.data != y.data) tn_copy(y, x);
    dst->given[b - dst->model->variables] |= src->given[i] || !all_zero(x);
    copied++;
  }
  return copied;
}

static tn_status check_prune(nn_state *dst, const nn_state *src, const char *kernel, const int64_t *rows,
                             int64_t n) {
  const nn__variable *a = nn__find(src->model, kernel), *b = nn__find(dst->model, kernel);
  if (!a || !b || a->kind != NN__PARAMETER || b->kind != NN__PARAMETER || dst == src) {
    return nn__state_fail(dst, TN_EINVAL, "nn_prune_inputs: '%s' must be a parameter of two different states",
                          kernel);
  }
  bool fits = a->type.rank > 0 && a->type.rank == b->type.rank && b->type.shape[0] == n &&
              tn_same_shape(a->type.rank - 1, a->type.shape + 1, b->type.rank - 1, b->type.shape + 1);
  if (!fits) {
    char have[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT];
    return nn__state_fail(dst, TN_ESHAPE, "nn_prune_inputs: %lld rows of '%s' %s do not make %s",
                          (long long)n, kernel, nn_shape_text(have, a->type.rank, a->type.shape),
                          nn_shape_text(want, b->type.rank, b->type.shape));
  }
  for (int64_t i = 0; i < n; i++) {
    if (rows[i] >= 0 && rows[i] < a->type.shape[0]) continue;
    return nn__state_fail(dst, TN_EINVAL, "nn_prune_inputs: '%s' has no row %lld", kernel,
                          (long long)rows[i]);
  }
  return TN_OK;
}

static void gather_rows(tn_view dst, tn_view src, const int64_t *rows, int64_t n) {
  for (int64_t i = 0; i < n; i++)
    tn_copy(tn_view_slice(dst, 0, i, 1, 1), tn_view_slice(src, 0, rows[i], 1, 1));
}

/* Whether v is the kernel or one of its slots. */
static bool is_of(const nn_model *m, const nn__variable *v, const char *kernel) {
  return !strcmp((v->owner < 0 ? v : &m->variables[v->owner])->name, kernel);
}

tn_status nn_prune_inputs(nn_state *dst, const nn_state *src, const char *kernel, const int64_t *rows,
                          int64_t n, bool carry_moments) {
  if (!dst || !src || !kernel || (n > 0 && !rows)) return TN_EINVAL;
  tn_status status = check_prune(dst, src, kernel, rows, n);
  if (status != TN_OK) return status;
  for (size_t i = 0; i < dst->model->n_variables; i++) {
    const nn__variable *b = &dst->model->variables[i], *a = nn__find(src->model, b->name);
    tn_view y = nn__view(dst, b);
    if (a) dst->given[i] |= src->given[a - src->model->variables];
    /* The step counter is reset with the moments, because their bias correction uses it. */
    if (!carry_moments && !trained_or_kept(b->kind)) {
      tn_fill(y, 0);
    } else if (a) {
      tn_view x = nn__view(src, a);
      bool row_slices = x.rank == y.rank && x.rank > 0 && y.shape[0] == n &&
                        tn_same_shape(x.rank - 1, x.shape + 1, y.rank - 1, y.shape + 1);
      if (is_of(dst->model, b, kernel) && row_slices) gather_rows(y, x, rows, n);
      else if (tn_same_shape(x.rank, x.shape, y.rank, y.shape)) tn_copy(y, x);
    }
  }
  return TN_OK;
}
