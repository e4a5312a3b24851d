/* input.c - JSON as leaves and constants of the graph. */
#include "gradbench.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void gb_fail(gb_call *c, const char *format, ...) {
  va_list args;
  if (*c->error) return;
  va_start(args, format);
  vsnprintf(c->error, sizeof c->error, format, args);
  va_end(args);
}

bool gb_is(const gb_call *c, const char *function) { return !strcmp(c->function, function); }

const json_t *gb_member(gb_call *c, const char *member) {
  const json_t *at = c->input;
  char name[64];
  for (const char *rest = member; *rest && at;) {
    size_t n = strcspn(rest, "/");
    snprintf(name, sizeof name, "%.*s", (int)n, rest);
    at = json_object_get(at, name);
    rest += n + (rest[n] == '/');
  }
  if (!at) gb_fail(c, "the input has no member '%s'", member);
  return at;
}

double gb_number(gb_call *c, const char *member) {
  const json_t *value = gb_member(c, member);
  if (value && !json_is_number(value)) gb_fail(c, "'%s' is not a number", member);
  return json_number_value(value);
}

int64_t gb_extent(gb_call *c, const char *member) {
  double n = gb_number(c, member);
  if (n >= 1 && n <= 1e9) return (int64_t)n;
  gb_fail(c, "'%s' is not a size", member);
  return 1;
}

int64_t gb_places(gb_call *c, ag_ref x, int axis) {
  ag_type type = ag_type_of(c->g, x);
  if (axis < type.rank) return type.shape[axis];
  gb_fail(c, "an input has fewer axes than expected");
  return 1;
}

/* The extents along the first element of each level. */
static tn_view shape_of(const json_t *value) {
  tn_view v = {.dtype = TN_F64};
  while (json_is_array(value) && v.rank < TN_MAX_RANK) {
    v.shape[v.rank++] = (int64_t)json_array_size(value);
    value = json_array_get(value, 0);
  }
  return tn_view_of(NULL, TN_F64, v.rank, v.shape);
}

/* Appends the numbers below `value`; false if their nesting is not that of the shape. */
static bool collect(const json_t *value, const tn_view *v, int axis, double **to) {
  if (axis == v->rank) {
    *(*to)++ = json_number_value(value);
    return json_is_number(value);
  }
  if (!json_is_array(value) || (int64_t)json_array_size(value) != v->shape[axis]) return false;
  for (size_t i = 0; i < json_array_size(value); i++)
    if (!collect(json_array_get(value, i), v, axis + 1, to)) return false;
  return true;
}

/* A view of new memory; its data is NULL after a failure. */
static tn_view read(gb_call *c, const char *member) {
  const json_t *value = gb_member(c, member);
  tn_view v = shape_of(value);
  double *memory = calloc((size_t)tn_view_numel(&v) + 1, sizeof *memory), *to = memory;
  if (!value || !memory || !collect(value, &v, 0, &to)) {
    gb_fail(c, "'%s' is not a regular array of numbers", member);
    free(memory);
    memory = NULL;
  }
  v.data = memory;
  return v;
}

ag_ref gb_leaf(gb_call *c, const char *member) {
  tn_view v = read(c, member);
  if (v.data && c->n_leaves == GB_LEAVES) {
    gb_fail(c, "too many leaves");
    free(v.data);
    v.data = NULL;
  }
  if (!v.data) return (ag_ref){0};
  snprintf(c->leaves[c->n_leaves].name, sizeof c->leaves[0].name, "%.15s", *member ? member : "input");
  c->leaves[c->n_leaves].view = v;
  return ag_input(c->g, c->leaves[c->n_leaves++].name, v.dtype, v.rank, v.shape);
}

ag_ref gb_constant(gb_call *c, const char *member) {
  tn_view v = read(c, member);
  ag_ref x = v.data ? ag_constant(c->g, v) : (ag_ref){0};
  free(v.data);
  return x;
}

ag_ref gb_indices(gb_call *c, const char *member) { return ag_cast(c->g, gb_constant(c, member), TN_I64); }

void gb_output(gb_call *c, ag_ref x) {
  if (c->n_out == GB_OUTPUTS) gb_fail(c, "too many outputs");
  else c->out[c->n_out++] = x;
}

ag_ref gb_gradient(ag_graph *g, ag_ref y, ag_ref x, bool forward) {
  ag_ref d[GB_OUTPUTS];
  int64_t n = ag_type_of(g, x).shape[0];
  if (!forward || n > GB_OUTPUTS) {
    ag_grad(g, y, &x, 1, d);
    return d[0];
  }
  for (int64_t i = 0; i < n; i++) {
    ag_ref unit = ag_reshape(g, ag_slice(g, ag_eye(g, TN_F64, n, n), 0, i, 1), 1, &n);
    d[i] = ag_reshape(g, ag_jvp(g, y, &x, &unit, 1), 1, (int64_t[]){1});
  }
  return ag_concat(g, d, (int)n, 0);
}
