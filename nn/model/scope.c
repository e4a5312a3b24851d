/* scope.c - functions for layers: scopes of names, and messages that name the layer and the shapes. */
#include "nn/internal.h"

#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool nn_building(const nn_model *m) { return m && m->graph && ag_status(m->graph) == TN_OK; }

void nn_fail(nn_model *m, tn_status status, const char *format, ...) {
  char text[NN__MESSAGE * 2];
  va_list args;
  if (!nn_building(m)) return;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  ag_fail(m->graph, status, "%s", text);
}

const char *nn_full_name(nn_model *m, const char *name) {
  if (!m->n_scopes) return name;
  size_t outer = strlen(m->scope);
  if (name && *name && outer + 1 + strlen(name) < NN__NAME) {
    memcpy(m->full_name, m->scope, outer);
    m->full_name[outer] = '/';
    strcpy(m->full_name + outer + 1, name);
    return m->full_name;
  }
  nn_fail(m, TN_EINVAL, "the name '%s/%s' must have 1 to %d bytes and no empty part", m->scope,
          name ? name : "", NN__NAME - 1);
  return "";
}

bool nn_enter(nn_model *m, const char *layer, const char *name) {
  if (!nn_building(m)) return false;
  if (!name || !*name || m->n_scopes == NN__SCOPES) {
    nn_fail(m, TN_EINVAL,
            m->n_scopes == NN__SCOPES ? "%s: layers are nested more than %d deep"
                                      : "%s: a name must have 1 to %d bytes",
            layer, m->n_scopes == NN__SCOPES ? NN__SCOPES : NN__NAME - 1);
    return false;
  }
  size_t outer = m->n_scopes ? strlen(m->scope) : 0, start = outer + (outer > 0);
  if (start + strlen(name) >= NN__NAME) {
    nn_fail(m, TN_EINVAL, "%s: the name '%s%s%s' is longer than %d bytes", layer, m->n_scopes ? m->scope : "",
            outer ? "/" : "", name, NN__NAME - 1);
    return false;
  }
  if (outer) m->scope[outer] = '/';
  strcpy(m->scope + start, name);
  m->outer[m->n_scopes] = outer;
  m->layer[m->n_scopes++] = layer;
  ag_scope_push(m->graph, name);
  return true;
}

ag_ref nn_leave(nn_model *m, ag_ref y) {
  if (!m->n_scopes) {
    nn_fail(m, TN_EINVAL, "nn_leave: no scope is open; a layer begins with nn_enter");
    return (ag_ref){0};
  }
  m->scope[m->outer[--m->n_scopes]] = 0;
  ag_scope_pop(m->graph);
  return y;
}

ag_ref nn_refuse(nn_model *m, tn_status status, const char *format, ...) {
  char text[NN__MESSAGE];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (m->n_scopes) nn_fail(m, status, "%s '%s': %s", m->layer[m->n_scopes - 1], m->scope, text);
  else nn_fail(m, status, "%s", text);
  return m->n_scopes ? nn_leave(m, (ag_ref){0}) : (ag_ref){0};
}

tn_dtype nn_dtype(const nn_model *m) { return m->dtype; }
const tn_alloc *nn_allocator(const nn_model *m) { return m->alloc; }

bool nn_same_shape(nn_model *m, const char *who, ag_ref a, ag_ref b, int min_rank) {
  if (!nn_building(m)) return false;
  ag_type x = ag_type_of(m->graph, a), y = ag_type_of(m->graph, b);
  char have[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT];
  nn_shape_text(have, x.rank, x.shape), nn_shape_text(want, y.rank, y.shape);
  if (!nn__same_type(&x, &y)) {
    nn_fail(m, TN_ESHAPE, "%s: the values must have one type and shape, not %s %s and %s %s", who,
            tn_dtype_name(x.dtype), have, tn_dtype_name(y.dtype), want);
  } else if (x.rank < min_rank) {
    nn_fail(m, TN_ESHAPE, "%s: the values must have at least %d axes, not %s", who, min_rank, have);
  } else {
    return true;
  }
  return false;
}
