/* vmap.c - maps a function of one example to many, graph to graph: one sweep over the nodes between x and y.
 * The field `many` of an op has its rule. Elementwise ops need none; another op without a rule is repeated
 * for each example. */
#include "autograd/graph.h"
#include "autograd/ops/op.h"

#include <string.h>

typedef struct mapping {
  ag_graph *g;
  uint32_t last; /* the highest node of y */
  bool *needed;  /* per node up to last: y depends on it */
  ag_ref *many;  /* its value for many examples; id 0 = the same for all */
  int64_t examples;
} mapping;

/* ---- what ops use (op.h) --------------------------------------------------------------------------- */

/* Inserts axes of extent 1 after the first, so that one example has the given rank. */
ag_ref ag__lift(ag_graph *g, ag_ref x, int rank) {
  ag_type t = ag_type_of(g, x), wide = {.rank = rank + 1};
  wide.shape[0] = t.shape[0];
  for (int a = 1; a <= rank; a++) {
    int own = a - (rank + 1 - t.rank);
    wide.shape[a] = own >= 1 ? t.shape[own] : 1;
  }
  return ag_reshape(g, x, wide.rank, wide.shape);
}

static ag_ref emit(ag_graph *g, const ag_op *op, const ag_many *m, const ag_attr *attr) {
  return ag_emit(g, op, m->in, m->n, attr, NULL);
}

/* Operands of lower rank broadcast from the right: their examples' axis must move to the front of the result. */
ag_ref ag__many_broadcasting(ag_graph *g, ag_ref y, const ag_many *m) {
  ag_type t = ag_type_of(g, y);
  ag_attr attr = *ag_attr_of(g, y);
  const ag_op *op = ag_op_of(g, y);
  for (int i = 0; i < m->n; i++)
    if (m->each[i]) m->in[i] = ag__lift(g, m->in[i], t.rank);
  if (op->flags & AG_BROADCASTS) { /* attr.i: rank, extents */
    memmove(attr.i + 2, attr.i + 1, (size_t)t.rank * sizeof *attr.i);
    attr.i[0] = t.rank + 1, attr.i[1] = m->examples;
  }
  return emit(g, op, m, &attr);
}

ag_ref ag__many_same(ag_graph *g, ag_ref y, const ag_many *m) {
  ag_attr attr = *ag_attr_of(g, y);
  return emit(g, ag_op_of(g, y), m, &attr);
}

ag_ref ag__many_axis(ag_graph *g, ag_ref y, const ag_many *m) {
  ag_attr attr = *ag_attr_of(g, y);
  attr.i[0]++;
  for (int i = 0; i < m->n; i++)
    if (!m->each[i]) m->in[i] = ag__repeat(g, m->in[i], m->examples);
  return emit(g, ag_op_of(g, y), m, &attr);
}

ag_ref ag__many_axes(ag_graph *g, ag_ref y, const ag_many *m) {
  ag_attr attr = *ag_attr_of(g, y);
  attr.i[0] <<= 1;
  return emit(g, ag_op_of(g, y), m, &attr);
}

ag_ref ag__repeat(ag_graph *g, ag_ref x, int64_t n) {
  ag_type t = ag_type_of(g, x);
  ag_ref one = ag_unsqueeze(g, x, 0);
  t.rank++;
  memmove(t.shape + 1, t.shape, (size_t)(t.rank - 1) * sizeof *t.shape);
  t.shape[0] = n;
  return ag_broadcast(g, one, t.rank, t.shape);
}

/* ---- the sweep ------------------------------------------------------------------------------------- */

/* Repeats an op without a rule for each example. */
static ag_ref one_by_one(ag_graph *g, ag_ref y, const ag_many *m) {
  ag_attr attr = *ag_attr_of(g, y);
  const ag_op *op = ag_op_of(g, y);
  ag_ref out = {0}, *each = tn_calloc(g->alloc, (size_t)(m->examples + m->n) + 1, sizeof *each);
  if (!each) return ag_fail(g, TN_ENOMEM, "out of memory for vmap"), out;
  ag_ref *in = each + m->examples;
  for (int64_t b = 0; b < m->examples && g->status == TN_OK; b++) {
    for (int i = 0; i < m->n; i++)
      in[i] = m->each[i] ? ag_squeeze(g, ag_slice(g, m->in[i], 0, b, 1), 0) : m->in[i];
    each[b] = ag_emit(g, op, in, m->n, &attr, NULL);
  }
  if (g->status == TN_OK) out = ag_stack(g, each, (int)m->examples, 0);
  tn_free(g->alloc, each);
  return out;
}

static ag_ref map_node(mapping *s, uint32_t id) {
  ag_graph *g = s->g;
  const ag_op *op = g->nodes[id].op;
  int n = (int)g->nodes[id].n_in;
  ag_ref y = {id}, out = {0}, *in = tn_calloc(g->alloc, (size_t)n + 1, sizeof *in);
  bool *each = tn_calloc(g->alloc, (size_t)n + 1, sizeof *each);
  if (in && each) {
    for (int i = 0; i < n; i++) {
      in[i] = ag_in(g, y, i);
      each[i] = s->many[in[i].id].id != 0;
      if (each[i]) in[i] = s->many[in[i].id];
    }
    ag_many m = {.in = in, .each = each, .n = n, .examples = s->examples};
    if (op->many) out = op->many(g, y, &m);
    else if (op->kind == AG_ELEMENTWISE) out = ag__many_broadcasting(g, y, &m);
    else out = one_by_one(g, y, &m);
  } else {
    ag_fail(g, TN_ENOMEM, "out of memory for vmap");
  }
  tn_free(g->alloc, in);
  tn_free(g->alloc, each);
  return out;
}

static bool hangs_on_examples(const mapping *s, uint32_t id) {
  const ag__node *node = &s->g->nodes[id];
  for (uint32_t k = 0; k < node->n_in; k++)
    if (s->many[ag__inputs_of(s->g, node)[k]].id) return true;
  return false;
}

static void sweep(mapping *s) {
  ag_graph *g = s->g;
  const char *outer = g->scope;
  uint32_t copied = 0, copying = g->copying;
  for (uint32_t id = s->last; id; id--) {
    const ag__node *node = &g->nodes[id];
    for (uint32_t k = 0; s->needed[id] && k < node->n_in; k++) s->needed[ag__inputs_of(g, node)[k]] = true;
  }
  for (uint32_t id = 1; id <= s->last && g->status == TN_OK; id++) {
    if (!s->needed[id] || s->many[id].id || !hangs_on_examples(s, id)) continue;
    g->scope = g->nodes[id].scope;
    /* A node that is recomputed for one example is recomputed for many. */
    if (g->nodes[id].copied != copied)
      g->copying = (copied = g->nodes[id].copied) ? (uint32_t)g->n_nodes : copying;
    s->many[id] = map_node(s, id);
  }
  g->scope = outer;
  g->copying = copying;
}

/* Checks that the extents of `many` after the first are those of x, and that the first is the same for
 * all. */
static bool check(ag_graph *g, const ag_ref *x, const ag_ref *many, int n, int64_t *examples) {
  char one[128], all[128];
  if (n < 1 || !x || !many) ag_fail(g, TN_EINVAL, "vmap: no inputs");
  for (int i = 0; i < n && g->status == TN_OK; i++) {
    ag_type t = ag_type_of(g, x[i]), m = ag_type_of(g, many[i]);
    bool fits = x[i].id && many[i].id && t.dtype == m.dtype && m.rank == t.rank + 1 &&
                tn_same_shape(t.rank, t.shape, t.rank, m.shape + 1) && (i == 0 || m.shape[0] == *examples);
    if (!fits)
      ag_fail(g, TN_ESHAPE, "vmap: input %d is %s for one example and %s for many", i,
              ag__type_text(&t, one, sizeof one), ag__type_text(&m, all, sizeof all));
    *examples = m.shape[0];
  }
  return g->status == TN_OK;
}

static void collect(mapping *s, const ag_ref *y, int n_y, ag_ref *out) {
  for (int k = 0; k < n_y && s->g->status == TN_OK; k++)
    out[k] = s->many[y[k].id].id ? s->many[y[k].id] : ag__repeat(s->g, y[k], s->examples);
}

void ag_vmap(ag_graph *g, const ag_ref *x, const ag_ref *many, int n, const ag_ref *y, int n_y, ag_ref *out) {
  mapping s = {.g = g};
  if (n_y < 1 || !y || !out) {
    ag_fail(g, TN_EINVAL, "vmap: no results");
    return;
  }
  if (g->status == TN_OK && check(g, x, many, n, &s.examples)) {
    for (int k = 0; k < n_y; k++) {
      if (y[k].id == 0 || y[k].id >= g->n_nodes)
        ag_fail(g, TN_EINVAL, "vmap: result %d is not of this graph", k);
      else if (y[k].id > s.last) s.last = y[k].id;
    }
    uint32_t highest = s.last;
    for (int i = 0; i < n; i++) highest = x[i].id > highest ? x[i].id : highest;
    s.needed = tn_calloc(g->alloc, highest + 1u, sizeof *s.needed);
    s.many = tn_calloc(g->alloc, highest + 1u, sizeof *s.many);
    if (!s.needed || !s.many) ag_fail(g, TN_ENOMEM, "out of memory for vmap");
    for (int i = 0; i < n && g->status == TN_OK; i++) s.many[x[i].id] = many[i];
    for (int k = 0; k < n_y && g->status == TN_OK; k++) s.needed[y[k].id] = true;
    if (g->status == TN_OK) sweep(&s);
    if (g->status == TN_OK) collect(&s, y, n_y, out);
  }
  if (g->status != TN_OK) memset(out, 0, (size_t)n_y * sizeof *out);
  tn_free(g->alloc, s.needed);
  tn_free(g->alloc, s.many);
}
