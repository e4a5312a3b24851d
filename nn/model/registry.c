/* registry.c - the variables of a model by name: what each is, and its offset in the slab of a state. */
#include "nn/internal.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

enum { SLAB_ALIGN = 64 }; /* bytes */

bool nn__declared(const nn_model *m, const nn__variable *v) { return v->build == m->build; }

nn__variable *nn__find(const nn_model *m, const char *name) {
  for (size_t i = 0; i < m->n_variables; i++) {
    if (!strcmp(m->variables[i].name, name)) return &m->variables[i];
  }
  return NULL;
}

char *nn__strdup(const tn_alloc *a, const char *text) {
  size_t bytes = strlen(text) + 1;
  char *copy = tn_malloc(a, bytes);
  if (copy) memcpy(copy, text, bytes);
  return copy;
}

bool nn__same_type(const ag_type *a, const ag_type *b) {
  return a->dtype == b->dtype && tn_same_shape(a->rank, a->shape, b->rank, b->shape);
}

bool nn__join(nn_model *m, char *buffer, const char *a, const char *b) {
  int n = snprintf(buffer, NN__NAME, "%s/%s", a, b);
  if (n > 0 && n < NN__NAME) return true;
  nn_fail(m, TN_EINVAL, "the name '%s/%s' is longer than %d bytes", a, b, NN__NAME - 1);
  return false;
}

/* ---- globs ------------------------------------------------------------------------------------------- */

bool nn__glob(const char *pattern, const char *text) {
  return pattern && fnmatch(pattern, text, FNM_NOESCAPE) == 0;
}

nn__variable *nn__match(nn_model *m, const char *glob, size_t *at) {
  while (*at < m->n_variables) {
    nn__variable *v = &m->variables[(*at)++];
    if (v->kind == NN__PARAMETER && nn__declared(m, v) && nn__glob(glob, v->name)) return v;
  }
  return NULL;
}

static const char *shown(const char *glob) { return glob ? glob : "(NULL)"; }

bool nn__matches(nn_model *m, const char *who, const char *glob) {
  size_t at = 0;
  if (!nn_building(m)) return false;
  if (nn__match(m, glob, &at)) return true;
  nn_fail(m, TN_EINVAL, "%s: no parameter declared so far matches '%s'", who, shown(glob));
  return false;
}

bool nn__matches_in_time(nn_model *m, const char *who, const char *glob) {
  if (nn_building(m) && m->minimizes)
    nn_fail(m, TN_EINVAL, "%s: '%s' comes after the optimizer, which would not see it", who, shown(glob));
  return nn__matches(m, who, glob);
}

/* ---- variables --------------------------------------------------------------------------------------- */

static const char *kind_text(nn__kind kind) {
  static const char *const text[] = {"a parameter", "a buffer", "an optimizer slot", "the step counter"};
  return text[kind];
}

static nn__variable *add(nn_model *m, const char *who, const char *name, nn__kind kind, const ag_type *type) {
  if (m->sealed) {
    nn_fail(m, TN_EINVAL, "%s: '%s' was not declared when the model was made; declare it in every mode", who,
            name);
    return NULL;
  }
  char *copy = nn__strdup(m->alloc, name);
  if (!copy || tn_grow(m->alloc, &m->variables, &m->cap_variables, m->n_variables + 1,
                       sizeof *m->variables) != TN_OK) {
    tn_free(m->alloc, copy);
    nn_fail(m, TN_ENOMEM, "%s: out of memory", who);
    return NULL;
  }
  int64_t align = SLAB_ALIGN / (int64_t)tn_dtype_size(m->dtype);
  nn__variable *v = &m->variables[m->n_variables++];
  *v = (nn__variable){.name = copy, .kind = kind, .owner = -1, .type = *type, .offset = m->slab};
  m->slab += (tn_numel(type->rank, type->shape) + align - 1) / align * align;
  return v;
}

/* Checks that extents are positive and that their number of bytes does not overflow. */
static bool valid_shape(int rank, const int64_t *shape) {
  int64_t numel = 1;
  if (rank < 0 || rank > TN_MAX_RANK || (rank > 0 && !shape)) return false;
  for (int a = 0; a < rank; a++) {
    if (shape[a] <= 0 || numel > (INT64_MAX >> 8) / shape[a]) return false;
    numel *= shape[a];
  }
  return true;
}

static bool check(nn_model *m, const char *who, const nn__variable *v, nn__kind kind, const ag_type *type) {
  char have[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT];
  if (v->kind != kind) {
    nn_fail(m, TN_EINVAL, "%s: '%s' is already %s of this model", who, v->name, kind_text(v->kind));
    return false;
  }
  if (!nn__same_type(&v->type, type)) {
    nn_fail(m, TN_ESHAPE, "%s: '%s' has %s in this model but %s was asked for", who, v->name,
            nn_shape_text(have, v->type.rank, v->type.shape), nn_shape_text(want, type->rank, type->shape));
    return false;
  }
  return true;
}

nn__variable *nn__declare(nn_model *m, const char *who, const char *name, nn__kind kind, int rank,
                          const int64_t *shape) {
  if (!nn_building(m)) return NULL;
  if (!name || !*name || strlen(name) >= NN__NAME) {
    nn_fail(m, TN_EINVAL, "%s: a name must have 1 to %d bytes", who, NN__NAME - 1);
    return NULL;
  }
  if (!valid_shape(rank, shape)) {
    nn_fail(m, TN_ESHAPE, "%s: '%s' must have positive extents and a rank of at most %d", who, name,
            TN_MAX_RANK);
    return NULL;
  }
  ag_type type = {.dtype = m->dtype, .rank = rank};
  if (rank) memcpy(type.shape, shape, (size_t)rank * sizeof *shape);
  nn__variable *v = nn__find(m, name);
  if (v ? !check(m, who, v, kind, &type) : !(v = add(m, who, name, kind, &type))) return NULL;
  if (!nn__declared(m, v)) {
    v->build = m->build;
    v->frozen = false;
    v->prox = NULL;
    v->n_constraints = 0;
    v->average = (nn__averaging){0};
    v->ref = ag_state(m->graph, name, m->dtype, rank, shape);
  }
  return v->ref.id ? v : NULL;
}

ag_ref nn__slot_of(nn_model *m, const char *who, const char *prefix, int index, const ag_type *type) {
  char name[NN__NAME];
  ag_type t = type ? *type : m->variables[index].type; /* a copy, as declaring may move the variables */
  if (!nn__join(m, name, prefix, m->variables[index].name)) return (ag_ref){0};
  nn__variable *slot = nn__declare(m, who, name, NN__SLOT, t.rank, t.shape);
  if (slot && !m->sealed) slot->owner = index;
  return slot ? slot->ref : (ag_ref){0};
}

/* The name for messages: the layer that declares, if there is one. */
static const char *declarer(const nn_model *m, const char *otherwise) {
  return m->n_scopes ? m->layer[m->n_scopes - 1] : otherwise;
}

ag_ref nn_parameter_as(nn_model *m, const char *name, int rank, const int64_t *shape, nn_initializer rule) {
  nn__variable *v =
      nn__declare(m, declarer(m, "nn_parameter"), nn_full_name(m, name), NN__PARAMETER, rank, shape);
  if (v && !m->sealed) v->init = rule; /* only in the first build: during later ones other threads read it */
  return v ? v->ref : (ag_ref){0};
}

ag_ref nn_parameter(nn_model *m, const char *name, int rank, const int64_t *shape, nn_init init) {
  if (nn_building(m) && (unsigned)init > NN_LECUN_NORMAL) {
    nn_fail(m, TN_EINVAL, "%s: '%s' has initializer %d; nn_init has 0 to %d", declarer(m, "nn_parameter"),
            nn_full_name(m, name), (int)init, NN_LECUN_NORMAL);
    return (ag_ref){0};
  }
  return nn_parameter_as(m, name, rank, shape, nn__named_initializer(init));
}

ag_ref nn_buffer(nn_model *m, const char *name, int rank, const int64_t *shape, double value) {
  nn__variable *v = nn__declare(m, declarer(m, "nn_buffer"), nn_full_name(m, name), NN__BUFFER, rank, shape);
  if (v && !m->sealed) v->value = value;
  return v ? v->ref : (ag_ref){0};
}

int nn_parameters(nn_model *m, const char *glob, nn_named *out, int room) {
  int n = 0;
  size_t at = 0;
  if (!nn_building(m)) return 0;
  for (const nn__variable *v; (v = nn__match(m, glob, &at)); n++)
    if (n < room) out[n] = (nn_named){v->name, v->ref, v->frozen};
  return n;
}

void nn_freeze(nn_model *m, const char *glob) {
  if (!nn__matches(m, "nn_freeze", glob)) return;
  size_t at = 0;
  for (nn__variable *v; (v = nn__match(m, glob, &at));) v->frozen = true;
}
