/* leaf.c - inputs, states and constants; the internal copy; the text form of a graph. */
#include "autograd/graph.h"
#include "autograd/ops/op.h"

#include <stdio.h>
#include <string.h>

const ag_op ag__op_input = {.name = "input", .kind = AG_LEAF};
const ag_op ag__op_state = {.name = "state", .kind = AG_LEAF};
const ag_op ag__op_constant = {.name = "constant", .kind = AG_LEAF};

static bool copy_type(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)n, (void)attr;
  *out = *in;
  return true;
}
static void copy_run(const ag_call *call) { tn_copy(call->out, call->in[0]); }
static void copy_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  (void)g, (void)y;
  dx[0] = dy;
}
static const ag_op op_copy = {
    .name = "copy", .kind = AG_VIEW, .arity = 1, .infer = copy_type, .run = copy_run, .vjp = copy_vjp};

ag_ref ag__copy(ag_graph *g, ag_ref x) { return ag_emit(g, &op_copy, &x, 1, NULL, NULL); }

static bool make_type(ag_graph *g, const char *what, tn_dtype dtype, int rank, const int64_t *shape,
                      ag_type *t) {
  bool fits = rank >= 0 && rank <= TN_MAX_RANK && (rank == 0 || shape);
  if ((unsigned)dtype > TN_U8) {
    ag_fail(g, TN_EINVAL, "%s: no element type has the number %d", what, (int)dtype);
    return false;
  }
  *t = (ag_type){.dtype = dtype, .rank = rank};
  for (int a = 0; fits && a < rank; a++) t->shape[a] = shape[a];
  fits = fits && ag__countable(t);
  if (!fits) ag_fail(g, TN_ESHAPE, "%s: rank %d or an extent is out of range", what, rank);
  return fits;
}

static bool same_name(const ag_graph *g, const ag__node *node, const void *name) {
  (void)g;
  return node->op->kind == AG_LEAF && node->name && strcmp(node->name, name) == 0;
}

static ag_ref named_leaf(ag_graph *g, const ag_op *op, const char *name, tn_dtype dtype, int rank,
                         const int64_t *shape) {
  ag_type t;
  char have[128], want[128];
  if (!name || !*name) ag_fail(g, TN_EINVAL, "%s: a leaf needs a name", op->name);
  if (g->status != TN_OK || !make_type(g, name, dtype, rank, shape, &t)) return (ag_ref){0};
  uint64_t hash = ag__hash(AG_LEAF, name, strlen(name));
  ag_ref r = ag__find(g, hash, same_name, name);
  if (r.id) {
    const ag__node *n = ag__node_of(g, r);
    if (n->op == op && n->type.dtype == dtype && tn_same_shape(n->type.rank, n->type.shape, rank, shape))
      return r;
    ag_fail(g, TN_ESHAPE, "'%s' is %s %s here already, not %s %s", name, n->op->name,
            ag__type_text(&n->type, have, sizeof have), op->name, ag__type_text(&t, want, sizeof want));
    return (ag_ref){0};
  }
  const char *kept = ag__keep(g, name, strlen(name) + 1);
  if (!kept) return (ag_ref){0};
  return ag__append(g, &(ag__node){.op = op, .type = t, .name = kept, .hash = hash}, NULL);
}

ag_ref ag_input(ag_graph *g, const char *name, tn_dtype dtype, int rank, const int64_t *shape) {
  return named_leaf(g, &ag__op_input, name, dtype, rank, shape);
}

ag_ref ag_state(ag_graph *g, const char *name, tn_dtype dtype, int rank, const int64_t *shape) {
  return named_leaf(g, &ag__op_state, name, dtype, rank, shape);
}

static bool same_scalar(const ag_graph *g, const ag__node *node, const void *ctx) {
  const tn_view *v = ctx;
  (void)g;
  return node->op == &ag__op_constant && node->type.rank == 0 && node->type.dtype == v->dtype &&
         memcmp(node->constant, v->data, tn_view_bytes(v)) == 0;
}

ag_ref ag_constant(ag_graph *g, tn_view value) {
  ag_type t;
  if (g->status != TN_OK || !make_type(g, "constant", value.dtype, value.rank, value.shape, &t))
    return (ag_ref){0};
  size_t bytes = tn_view_bytes(&value);
  if (bytes && !value.data) return ag_fail(g, TN_EINVAL, "constant: no memory is given"), (ag_ref){0};
  ag__node node = {.op = &ag__op_constant, .type = t};
  if (value.rank == 0) { /* scalar constants of equal value are one node */
    node.hash = ag__hash(AG_LEAF + (uint64_t)value.dtype, value.data, bytes);
    ag_ref r = ag__find(g, node.hash, same_scalar, &value);
    if (r.id) return r;
  }
  if (!(node.constant = ag__keep(g, NULL, bytes))) return (ag_ref){0};
  tn_copy(tn_view_of(node.constant, t.dtype, t.rank, t.shape), value);
  return ag__append(g, &node, NULL);
}

ag_ref ag_scalar(ag_graph *g, tn_dtype dtype, double value) {
  union {
    double f64;
    int64_t i64;
  } bytes = {0};
  if ((unsigned)dtype > TN_U8)
    return ag_fail(g, TN_EINVAL, "scalar: no element type %d", (int)dtype), (ag_ref){0};
  tn_view v = tn_scalar(&bytes, dtype);
  tn_set(&v, 0, value);
  if (dtype != TN_F32 && dtype != TN_F64 && tn_get(&v, 0) != value) {
    ag_fail(g, TN_EINVAL, "scalar: %g is no %s", value, tn_dtype_name(dtype));
    return (ag_ref){0};
  }
  return ag_constant(g, v);
}

ag_ref ag_like(ag_graph *g, ag_ref x, double value) { return ag_scalar(g, ag_type_of(g, x).dtype, value); }

/* "%7:f32[32, 512] = elu(%6) # encoder/0" */
void ag_dump(const ag_graph *g, void (*write)(void *ctx, const char *line), void *ctx) {
  char line[512], type[128];
  for (size_t i = 1; i < g->n_nodes; i++) {
    const ag__node *n = &g->nodes[i];
    int at = snprintf(line, sizeof line, "%%%zu:%s = %s", i, ag__type_text(&n->type, type, sizeof type),
                      n->op->name);
    if (n->name) at += snprintf(line + at, sizeof line - (size_t)at, " '%.100s'", n->name);
    for (uint32_t k = 0; k < n->n_in && at < 400; k++)
      at += snprintf(line + at, sizeof line - (size_t)at, "%s%%%u", k ? ", " : "(", ag__inputs_of(g, n)[k]);
    if (n->n_in) at += snprintf(line + at, sizeof line - (size_t)at, ")");
    if (*n->scope) snprintf(line + at, sizeof line - (size_t)at, " # %.80s", n->scope);
    write(ctx, line);
  }
}
