/* graph.c - the append-only SSA graph: emission with merging and folding, leaves, scopes, sticky errors. */
#include "autograd/graph.h"
#include "autograd/ops/op.h"
#include "autograd/scan/body.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct ag__block {
  ag__block *next;
  max_align_t bytes[];
};

/* ---- life ---- */

tn_status ag_graph_new(const tn_alloc *alloc, ag_graph **out) {
  ag_graph *g = tn_calloc(alloc, 1, sizeof *g);
  if (!g) return TN_ENOMEM;
  g->alloc = alloc;
  g->scope = "";
  if (tn_grow(alloc, &g->nodes, &g->cap_nodes, 64, sizeof *g->nodes) != TN_OK) {
    tn_free(alloc, g);
    return TN_ENOMEM;
  }
  g->n_nodes = 1;
  *out = g;
  return TN_OK;
}

void ag_graph_free(ag_graph *g) {
  if (!g) return;
  for (ag__block *b = g->blocks, *next; b; b = next) {
    next = b->next;
    tn_free(g->alloc, b);
  }
  ag__bodies_free(g->bodies, g->alloc);
  tn_free(g->alloc, g->nodes);
  tn_free(g->alloc, g->inputs);
  tn_free(g->alloc, g->table);
  tn_free(g->alloc, g->assigns);
  tn_free(g->alloc, g);
}

const tn_alloc *ag_allocator(const ag_graph *g) { return g->alloc; }

/* ---- errors ---- */

tn_status ag_status(const ag_graph *g) { return g->status; }
const char *ag_error(const ag_graph *g) { return g->error; }

void ag_fail(ag_graph *g, tn_status status, const char *format, ...) {
  if (g->status != TN_OK) return;
  va_list args;
  va_start(args, format);
  int n = vsnprintf(g->error, sizeof g->error, format, args);
  va_end(args);
  if (*g->scope && n >= 0 && (size_t)n < sizeof g->error)
    snprintf(g->error + n, sizeof g->error - (size_t)n, " (in %s)", g->scope);
  g->status = status;
}

static tn_status out_of_memory(ag_graph *g) {
  ag_fail(g, TN_ENOMEM, "out of memory after %zu nodes", g->n_nodes);
  return TN_ENOMEM;
}

const char *ag__type_text(const ag_type *t, char *buffer, size_t size) {
  const int n = snprintf(buffer, size, "%s", tn_dtype_name(t->dtype));
  ag__shape_text(t->rank, t->shape, buffer + n, size - (size_t)n);
  return buffer;
}

static void fail_types(ag_graph *g, const ag_op *op, const ag_type *in, int n, const ag_attr *attr) {
  char list[320] = "", text[128], why[256] = "";
  size_t used = 0;
  for (int i = 0; i < n && i < 3 && used < sizeof list; i++)
    used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "",
                             ag__type_text(&in[i], text, sizeof text));
  if (op->explain) op->explain(in, n, attr, why, sizeof why);
  if (*why) ag_fail(g, TN_ESHAPE, "%s: %s", op->name, why);
  else if (op->kind == AG_ELEMENTWISE && n > 0 && !ag__is_float(in[0].dtype))
    ag_fail(g, TN_ETYPE, "%s: operands %s are integers; convert them to a float type with ag_cast", op->name,
            list);
  else ag_fail(g, TN_ESHAPE, "%s: operands %s do not fit", op->name, list);
}

/* ---- memory that lives with the graph ---- */

void *ag__keep(ag_graph *g, const void *bytes, size_t n) {
  ag__block *b = tn_malloc(g->alloc, sizeof *b + (n ? n : 1));
  if (!b) return out_of_memory(g), NULL;
  b->next = g->blocks;
  g->blocks = b;
  return bytes ? memcpy(b->bytes, bytes, n) : memset(b->bytes, 0, n);
}

/* ---- queries ---- */

size_t ag_node_count(const ag_graph *g) { return g->n_nodes; }
ag_type ag_type_of(const ag_graph *g, ag_ref x) { return ag__node_of(g, x)->type; }
const ag_attr *ag_attr_of(const ag_graph *g, ag_ref x) { return &ag__node_of(g, x)->attr; }

ag_ref ag_in(const ag_graph *g, ag_ref x, int i) {
  const ag__node *n = ag__node_of(g, x);
  return (ag_ref){i >= 0 && (uint32_t)i < n->n_in ? ag__inputs_of(g, n)[i] : 0};
}

bool ag__is_leaf(const ag_graph *g, ag_ref x) { return x.id && g->nodes[x.id].op->kind == AG_LEAF; }

/* ---- scopes ---- */

void ag_scope_push(ag_graph *g, const char *name) {
  char joined[256];
  snprintf(joined, sizeof joined, "%s%s%s", g->scope, *g->scope ? "/" : "", name ? name : "");
  const char *kept = ag__keep(g, joined, strlen(joined) + 1);
  if (g->n_scopes++ >= AG__MAX_SCOPES) return; /* counted, so that pops match, but without a name */
  g->outer[g->n_scopes - 1] = g->scope;
  if (kept) g->scope = kept;
}

void ag_use_expressions(ag_graph *g, const ag_expression *table) {
  if (!table) ag_fail(g, TN_EINVAL, "ag_use_expressions: the table is NULL");
  for (int i = 0; i < g->n_tables; i++)
    if (g->tables[i] == table) return;
  if (g->n_tables == AG__MAX_TABLES)
    ag_fail(g, TN_EINVAL, "ag_use_expressions: a graph takes at most %d tables", AG__MAX_TABLES);
  if (g->status == TN_OK) g->tables[g->n_tables++] = table;
}

void ag_scope_pop(ag_graph *g) {
  if (g->n_scopes == 0) return;
  if (--g->n_scopes < AG__MAX_SCOPES) g->scope = g->outer[g->n_scopes];
}

/* ---- equal nodes ---- */

static uint64_t mix(uint64_t h, uint64_t x) {
  h = (h ^ x) * 0xff51afd7ed558ccdu;
  return h ^ h >> 32;
}

uint64_t ag__hash(uint64_t seed, const void *bytes, size_t n) {
  const unsigned char *p = bytes;
  uint64_t h = mix(seed + 0x9e3779b97f4a7c15u, n), word;
  for (; n >= sizeof word; n -= sizeof word, p += sizeof word) {
    memcpy(&word, p, sizeof word);
    h = mix(h, word);
  }
  for (; n; n--) h = mix(h, *p++);
  return h ? h : 1;
}

typedef struct call {
  const ag_op *op;
  const uint32_t *in;
  int n;
  const ag_attr *attr;
  uint32_t copied;
} call;

static uint64_t hash_call(const call *c) {
  uint64_t h = (uint64_t)(uintptr_t)c->op + c->copied;
  bool swap = c->op->flags & AG_COMMUTES && c->in[0] > c->in[1];
  for (int i = 0; i < c->n; i++) h = mix(h, c->in[swap ? 1 - i : i]);
  return ag__hash(h, c->attr, sizeof *c->attr);
}

static bool same_call(const ag_graph *g, const ag__node *node, const void *ctx) {
  const call *c = ctx;
  if (node->op != c->op || node->n_in != (uint32_t)c->n || node->copied != c->copied ||
      memcmp(&node->attr, c->attr, sizeof *c->attr) != 0)
    return false;
  const uint32_t *have = ag__inputs_of(g, node);
  if (memcmp(have, c->in, (size_t)c->n * sizeof *c->in) == 0) return true;
  return c->op->flags & AG_COMMUTES && have[0] == c->in[1] && have[1] == c->in[0];
}

static bool same_stream(const ag_graph *g, const ag__node *node, const void *name) {
  (void)g;
  return node->op->kind == AG_RANDOM && strcmp(node->name, name) == 0;
}

static bool mergeable(const ag_op *op) {
  return op->kind != AG_LEAF && op->kind != AG_RANDOM && op->kind != AG_EFFECT;
}

ag_ref ag__find(const ag_graph *g, uint64_t hash, ag__same *same, const void *ctx) {
  if (!g->cap_table) return (ag_ref){0};
  for (size_t at = hash & (g->cap_table - 1); g->table[at]; at = (at + 1) & (g->cap_table - 1)) {
    const ag__node *node = &g->nodes[g->table[at]];
    if (node->hash == hash && same(g, node, ctx)) return (ag_ref){g->table[at]};
  }
  return (ag_ref){0};
}

static void enter(uint32_t *table, size_t cap, uint64_t hash, uint32_t id) {
  size_t at = hash & (cap - 1);
  while (table[at]) at = (at + 1) & (cap - 1);
  table[at] = id;
}

static tn_status grow_table(ag_graph *g) {
  if (g->n_table * 2 < g->cap_table) return TN_OK;
  size_t cap = g->cap_table ? g->cap_table * 2 : 256;
  uint32_t *table = tn_calloc(g->alloc, cap, sizeof *table);
  if (!table) return out_of_memory(g);
  for (size_t i = 0; i < g->cap_table; i++)
    if (g->table[i]) enter(table, cap, g->nodes[g->table[i]].hash, g->table[i]);
  tn_free(g->alloc, g->table);
  g->table = table;
  g->cap_table = cap;
  return TN_OK;
}

/* ---- emission ---- */

ag_ref ag__append(ag_graph *g, const ag__node *node, const uint32_t *in) {
  if (g->status != TN_OK) return (ag_ref){0};
  if (g->n_nodes >= INT32_MAX || g->n_inputs + node->n_in >= INT32_MAX) /* plans use int */
    return ag_fail(g, TN_ENOMEM, "a graph has at most %d nodes and as many operands", INT32_MAX), (ag_ref){0};
  if (tn_grow(g->alloc, &g->nodes, &g->cap_nodes, g->n_nodes + 1, sizeof *g->nodes) != TN_OK ||
      tn_grow(g->alloc, &g->inputs, &g->cap_inputs, g->n_inputs + node->n_in, sizeof *g->inputs) != TN_OK ||
      grow_table(g) != TN_OK)
    return out_of_memory(g), (ag_ref){0};
  ag_ref r = {(uint32_t)g->n_nodes++};
  ag__node *n = &g->nodes[r.id];
  *n = *node;
  n->first_in = (uint32_t)g->n_inputs;
  n->scope = g->scope;
  n->root = node->op->flags & AG_ALIAS ? g->nodes[in[0]].root : r.id;
  if (node->n_in) memcpy(g->inputs + g->n_inputs, in, node->n_in * sizeof *in);
  g->n_inputs += node->n_in;
  if (node->hash) {
    enter(g->table, g->cap_table, node->hash, r.id);
    g->n_table++;
  }
  return r;
}

bool ag__broadcast_types(const ag_type *in, int n, ag_type *out) {
  ag_type t = {.dtype = in[0].dtype};
  for (int i = 0; i < n; i++) {
    if (in[i].dtype != t.dtype) return false;
    if (in[i].rank > t.rank) t.rank = in[i].rank;
  }
  for (int a = 0; a < t.rank; a++) {
    int64_t extent = 1;
    for (int i = 0; i < n; i++) {
      int axis = a - (t.rank - in[i].rank);
      int64_t e = axis < 0 ? 1 : in[i].shape[axis];
      if (e != 1 && extent != 1 && e != extent) return false;
      if (e != 1) extent = e;
    }
    t.shape[a] = extent;
  }
  *out = t;
  return true;
}

static bool infer(const ag_op *op, const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  *out = (ag_type){0};
  if (op->infer) return op->infer(in, n, attr, out);
  return n > 0 && ag__is_float(in[0].dtype) && ag__broadcast_types(in, n, out) && ag__countable(out);
}

static bool scalar_constant(const ag_graph *g, uint32_t id, double *value) {
  const ag__node *n = &g->nodes[id];
  if (n->op != &ag__op_constant || n->type.rank != 0) return false;
  tn_view v = tn_scalar(n->constant, n->type.dtype);
  *value = tn_get(&v, 0);
  return true;
}

/* An elementwise op reads the operand of a broadcast, unless that would change the shape of its result. An op
 * with its identity is its other operand. An op of scalar constants is a constant. Returns the folded ref; or
 * id 0, with some of `in` perhaps replaced. */
static ag_ref fold(ag_graph *g, const ag_op *op, uint32_t *in, int n, const ag_attr *attr,
                   const ag_type *out) {
  ag_type types[AG__MAX_ELEMENTWISE], merged;
  double value;
  if (op->kind != AG_ELEMENTWISE || op->flags & AG_BROADCASTS) return (ag_ref){0};
  for (int i = 0; i < n; i++) types[i] = g->nodes[in[i]].type;
  for (int i = 0; i < n; i++) {
    const ag__node *node = &g->nodes[in[i]];
    if (!(node->op->flags & AG_BROADCASTS)) continue;
    ag_type wide = types[i];
    uint32_t narrow = *ag__inputs_of(g, node);
    types[i] = g->nodes[narrow].type;
    if (ag__broadcast_types(types, n, &merged) &&
        tn_same_shape(merged.rank, merged.shape, out->rank, out->shape))
      g->nodes[in[i]].bypassed = true, in[i] = narrow;
    else types[i] = wide;
  }
  double identity = op->flags & AG_IDENTITY_1 ? 1 : 0;
  if (op->flags & (AG_IDENTITY_0 | AG_IDENTITY_1))
    for (int i = 1; i >= (op->flags & AG_COMMUTES ? 0 : 1); i--)
      if (scalar_constant(g, in[i], &value) && value == identity &&
          tn_same_shape(types[1 - i].rank, types[1 - i].shape, out->rank, out->shape))
        return (ag_ref){in[1 - i]};
  double x[AG__MAX_ELEMENTWISE], y;
  float xf[AG__MAX_ELEMENTWISE], yf;
  const double *px[AG__MAX_ELEMENTWISE];
  const float *pf[AG__MAX_ELEMENTWISE];
  for (int i = 0; i < n; i++) {
    if (!scalar_constant(g, in[i], &x[i])) return (ag_ref){0};
    xf[i] = (float)x[i], px[i] = &x[i], pf[i] = &xf[i];
  }
  if (out->dtype == TN_F64) op->f64(attr, 1, px, &y);
  else op->f32(attr, 1, pf, &yf), y = yf;
  return ag_scalar(g, out->dtype, y);
}

static tn_status check_assign(ag_graph *g, uint32_t *in) {
  const ag__node *leaf = &g->nodes[in[0]];
  if (leaf->op != &ag__op_state) {
    ag_fail(g, TN_EINVAL, "assign: the target is %s, not a state", leaf->op->name);
    return TN_EINVAL;
  }
  if (leaf->assigned) {
    ag_fail(g, TN_EINVAL, "assign: '%s' is assigned twice in one step", leaf->name);
    return TN_EINVAL;
  }
  /* A value that shares the memory of a leaf is copied, as the leaf may change in the same step. */
  if (ag__is_leaf(g, ag__root(g, (ag_ref){in[1]}))) in[1] = ag__copy(g, (ag_ref){in[1]}).id;
  return tn_grow(g->alloc, &g->assigns, &g->cap_assigns, g->n_assigns + 1, sizeof *g->assigns) == TN_OK
             ? g->status
             : out_of_memory(g);
}

enum { FEW = 8 }; /* up to this many operands are kept without allocating */
typedef struct call_operands {
  uint32_t *in;
  ag_type *types;
} call_operands;

/* Reads ids and types of the operands. Returns false, and fails the graph, if one is no value of it. */
static bool read_operands(ag_graph *g, const ag_op *op, const ag_ref *refs, int n, call_operands *o) {
  if (n > 0 && !refs) return ag_fail(g, TN_EINVAL, "%s: no operands are given", op->name), false;
  for (int i = 0; i < n; i++) {
    if (refs[i].id == 0 || refs[i].id >= g->n_nodes)
      return ag_fail(g, TN_EINVAL, "%s: operand %d is not a value of this graph", op->name, i), false;
    if (g->nodes[refs[i].id].op->kind == AG_EFFECT)
      return ag_fail(g, TN_EINVAL, "%s: operand %d is an assignment, not a value", op->name, i), false;
    o->in[i] = refs[i].id;
    o->types[i] = g->nodes[refs[i].id].type;
  }
  return true;
}

/* Sets the stream of a random node from its name. */
static bool name_stream(ag_graph *g, const char *name, ag__node *node) {
  node->hash = name ? ag__hash(AG_RANDOM, name, strlen(name)) : 0;
  if (!name || ag__find(g, node->hash, same_stream, name).id) {
    ag_fail(g, TN_EINVAL, "%s: random values need a name of their own, '%s' is taken", node->op->name,
            name ? name : "");
    return false;
  }
  return (node->name = ag__keep(g, name, strlen(name) + 1)) != NULL;
}

/* Returns the node: an equal one that exists, a folded one, or a new one. */
static ag_ref node_of(ag_graph *g, ag__node *node, call_operands *o, const char *name) {
  const ag_op *op = node->op;
  const int n = (int)node->n_in;
  ag_ref r;
  if (!infer(op, o->types, n, &node->attr, &node->type)) {
    fail_types(g, op, o->types, n, &node->attr);
    return (ag_ref){0};
  }
  if ((r = fold(g, op, o->in, n, &node->attr, &node->type)).id) return r;
  if (op->kind == AG_EFFECT && check_assign(g, o->in) != TN_OK) return (ag_ref){0};
  if (op->kind == AG_RANDOM && !name_stream(g, name, node)) return (ag_ref){0};
  if (mergeable(op)) {
    call c = {op, o->in, n, &node->attr, node->copied};
    node->hash = hash_call(&c);
    if ((r = ag__find(g, node->hash, same_call, &c)).id) return r;
  }
  r = ag__append(g, node, o->in);
  if (op->kind == AG_EFFECT && r.id) {
    g->assigns[g->n_assigns++] = r;
    g->nodes[o->in[0]].assigned = true;
  }
  return r;
}

ag_ref ag_emit(ag_graph *g, const ag_op *op, const ag_ref *refs, int n, const ag_attr *attr,
               const char *name) {
  ag_type types[FEW];
  uint32_t in[FEW];
  call_operands o = {in, types};
  ag_ref r = {0};
  if (g->status != TN_OK) return r;
  if (op->arity >= 0 && n != op->arity)
    return ag_fail(g, TN_EINVAL, "%s takes %d operands, not %d", op->name, op->arity, n), r;
  if (n < 0 || (op->kind == AG_ELEMENTWISE && n > AG__MAX_ELEMENTWISE))
    return ag_fail(g, TN_EINVAL, "%s: %d operands are out of range", op->name, n), r;
  if (n > FEW) {
    o.types = tn_calloc(g->alloc, (size_t)n, sizeof *o.types);
    o.in = tn_calloc(g->alloc, (size_t)n, sizeof *o.in);
  }
  if (!o.types || !o.in) out_of_memory(g);
  else if (read_operands(g, op, refs, n, &o)) {
    const ag_attr none = {0};
    ag__node node = {.op = op, .n_in = (uint32_t)n, .attr = attr ? *attr : none, .copied = g->copying};
    r = node_of(g, &node, &o, name);
  }
  if (o.types != types) tn_free(g->alloc, o.types);
  if (o.in != in) tn_free(g->alloc, o.in);
  return r;
}
