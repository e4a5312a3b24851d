/* recompute.c - parts of a graph whose values are not kept for the derivative but recomputed. The result of
 * such a part is a node `recompute`, an alias of y; its other operands are all values that the part reads
 * from outside. Its vjp copies the part, starting from those operands, and differentiates the copy. The copy
 * is appended at the end of the derivative so far; the plan follows the order of nodes and so computes it at
 * that time. Nodes of a copy and of its derivative merge only with one another (ag__node.copied), and fuse
 * with no older node (fuse.c). A copied random node has the same stream. */
#include "autograd/graph.h"
#include "autograd/ops/op.h"

#include <string.h>

static bool same_type(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)attr;
  *out = in[0];
  return n > 0;
}

/* The node `again` is an operand of the part as its copy reads it. Derivatives of the copy stop there, so
 * they need not visit older nodes. */
static void again_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  (void)g, (void)y;
  dx[0] = dy;
}
static const ag_op op_again = {.name = "again",
                               .kind = AG_VIEW,
                               .arity = 1,
                               .flags = AG_ROWWISE | AG_ALIAS,
                               .infer = same_type,
                               .run = ag__run_copy,
                               .vjp = again_vjp,
                               .many = ag__many_same};

/* ---- which nodes ---------------------------------------------------------------------------------------- */

typedef struct part {
  ag_graph *g;
  uint32_t since, last; /* the part's nodes have ids from `since` to that of its value, `last` */
  bool *inside, *stop;  /* per node from `since` on */
  uint32_t *outside;    /* the values that the part reads, each once */
  size_t n_outside, cap_outside;
} part;

static bool is_constant(const ag_graph *g, uint32_t id) { return g->nodes[id].op == &ag__op_constant; }

static bool is_outside(const part *p, uint32_t id) {
  return id < p->since || p->stop[id - p->since] || p->g->nodes[id].op->kind == AG_LEAF;
}

static bool add_outside(part *p, uint32_t id) {
  if (is_constant(p->g, id)) return true;
  for (size_t i = p->n_outside; i-- > 0;)
    if (p->outside[i] == id) return true;
  if (tn_grow(p->g->alloc, &p->outside, &p->cap_outside, p->n_outside + 1, sizeof *p->outside) != TN_OK)
    return false;
  p->outside[p->n_outside++] = id;
  return true;
}

static void part_free(part *p) {
  tn_free(p->g->alloc, p->inside);
  tn_free(p->g->alloc, p->stop);
  tn_free(p->g->alloc, p->outside);
}

/* Finds the nodes from `since` on that y needs, up to the nodes stops[0..n). */
static bool part_find(part *p, ag_graph *g, size_t since, ag_ref y, const ag_ref *stops, int n) {
  *p = (part){.g = g, .since = (uint32_t)since, .last = y.id};
  p->inside = tn_calloc(g->alloc, y.id - since + 1, sizeof *p->inside);
  p->stop = tn_calloc(g->alloc, y.id - since + 1, sizeof *p->stop);
  bool room = p->inside && p->stop;
  for (int i = 0; i < n && room; i++)
    if (stops[i].id >= since && stops[i].id <= y.id) p->stop[stops[i].id - since] = true;
  if (room && !is_outside(p, y.id)) p->inside[y.id - since] = true;
  for (uint32_t id = y.id; room && id >= since; id--) {
    const ag__node *node = &g->nodes[id];
    for (uint32_t k = 0; room && p->inside[id - since] && k < node->n_in; k++) {
      uint32_t in = ag__inputs_of(g, node)[k];
      if (is_outside(p, in)) room = add_outside(p, in);
      else p->inside[in - since] = true;
    }
  }
  if (!room) ag_fail(g, TN_ENOMEM, "out of memory for a part that is recomputed");
  return room;
}

static uint32_t first_inside(const part *p) {
  uint32_t id = p->since;
  while (id < p->last && !p->inside[id - p->since]) id++;
  return id;
}

/* ---- the copy ------------------------------------------------------------------------------------------- */

static ag_ref copy_random(ag_graph *g, const ag__node *of) {
  ag__node node = *of;
  node.hash = 0;
  node.copied = g->copying;
  return ag__append(g, &node, NULL);
}

static ag_ref copy_node(const part *p, uint32_t id, const ag_ref *map, const ag_ref *again, ag_ref *in) {
  ag_graph *g = p->g;
  ag__node node = g->nodes[id]; /* a copy, as appending may move the nodes */
  for (uint32_t k = 0; k < node.n_in; k++) {
    uint32_t old = g->inputs[node.first_in + k];
    in[k] = (ag_ref){old};
    if (!is_outside(p, old)) in[k] = map[old - p->since];
    for (size_t i = 0; i < p->n_outside && is_outside(p, old); i++)
      if (p->outside[i] == old) in[k] = again[i];
  }
  g->scope = node.scope;
  if (node.op->kind == AG_RANDOM) return copy_random(g, &node);
  return ag_emit(g, node.op, in, (int)node.n_in, &node.attr, NULL);
}

/* again[i] stands for outside[i]. Returns the copy of the part's value. */
static ag_ref copy_part(const part *p, ag_ref *again) {
  ag_graph *g = p->g;
  const char *scope = g->scope;
  uint32_t widest = 1;
  for (uint32_t id = p->since; id <= p->last; id++)
    if (p->inside[id - p->since] && g->nodes[id].n_in > widest) widest = g->nodes[id].n_in;
  ag_ref *map = tn_calloc(g->alloc, p->last - p->since + 1u, sizeof *map), y = {0};
  ag_ref *in = tn_calloc(g->alloc, widest, sizeof *in);
  if (map && in) {
    for (size_t i = 0; i < p->n_outside; i++) again[i] = AG_EMIT(g, &op_again, NULL, (ag_ref){p->outside[i]});
    for (uint32_t id = p->since; id <= p->last && g->status == TN_OK; id++)
      if (p->inside[id - p->since]) map[id - p->since] = copy_node(p, id, map, again, in);
    y = map[p->last - p->since];
    g->scope = scope;
  } else ag_fail(g, TN_ENOMEM, "out of memory for a part that is recomputed");
  tn_free(g->alloc, map);
  tn_free(g->alloc, in);
  return y;
}

/* ---- the node ------------------------------------------------------------------------------------------- */

/* Whether the derivative with respect to x is needed: x is or depends on a wrt. */
static bool is_wanted(const ag_graph *g, ag_ref x) {
  ag_type t = ag_type_of(g, x);
  return ag__is_float(t.dtype) && x.id >= g->active_base && g->active[x.id - g->active_base];
}

static bool is_zero(ag_graph *g, ag_ref d) {
  ag_type t = ag_type_of(g, d);
  return d.id == ag_broadcast(g, ag_scalar(g, t.dtype, 0), t.rank, t.shape).id;
}

/* The operands of node y after the first are outside[0..n), in their order. */
static void derive_copy(const part *p, ag_ref y, ag_ref dy, ag_ref *room, ag_ref *dx) {
  ag_graph *g = p->g;
  uint32_t outer = g->copying;
  g->copying = (uint32_t)g->n_nodes; /* marks the nodes of the derivative too: they must not be computed early
                                      * either */
  ag_ref *again = room, *wrt = room + p->n_outside, *d = wrt + p->n_outside, value = copy_part(p, again);
  int n = 0, n_in = (int)g->nodes[y.id].n_in;
  for (int k = 1; k < n_in && g->status == TN_OK; k++)
    if (is_wanted(g, ag_in(g, y, k))) wrt[n++] = again[k - 1];
  ag_vjp(g, value, dy, wrt, n, d);
  for (int k = 1, at = 0; k < n_in && g->status == TN_OK; k++) {
    if (at == n || wrt[at].id != again[k - 1].id) continue;
    if (!is_zero(g, d[at])) dx[k] = d[at];
    at++;
  }
  g->copying = outer;
}

static void recompute_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  part p;
  int n = (int)g->nodes[y.id].n_in - 1;
  ag_ref *stops = tn_calloc(g->alloc, 4 * (size_t)n + 1, sizeof *stops);
  for (int i = 0; stops && i < n; i++) stops[i] = ag_in(g, y, i + 1);
  if (!stops) ag_fail(g, TN_ENOMEM, "out of memory for a part that is recomputed");
  else if (part_find(&p, g, (size_t)ag_attr_of(g, y)->i[0], ag_in(g, y, 0), stops, n)) {
    p.n_outside = 0; /* in the order of the operands */
    for (int i = 0; i < n; i++)
      if (!add_outside(&p, stops[i].id)) ag_fail(g, TN_ENOMEM, "out of memory for a part that is recomputed");
    if (g->status == TN_OK) derive_copy(&p, y, dy, stops + n, dx);
  }
  if (stops) part_free(&p);
  tn_free(g->alloc, stops);
}

static ag_ref recompute_many(ag_graph *g, ag_ref y, const ag_many *m);
const ag_op ag__op_recompute = {.name = "recompute",
                                .kind = AG_VIEW,
                                .arity = -1,
                                .flags = AG_ALIAS | AG_NODIFF_0,
                                .infer = same_type,
                                .run = ag__run_copy,
                                .vjp = recompute_vjp,
                                .many = recompute_many};

/* A `recompute` node of the part between y and the stops, from `since` on; y itself if there is nothing
 * between. */
static ag_ref keep(ag_graph *g, size_t since, ag_ref y, const ag_ref *stops, int n) {
  part p = {.g = g};
  ag_ref out = y, *in = NULL;
  if (part_find(&p, g, since, y, stops, n) && p.inside[y.id - since]) {
    in = tn_calloc(g->alloc, p.n_outside + 1, sizeof *in);
    ag_attr attr = {.i = {first_inside(&p)}};
    if (in) in[0] = y;
    for (size_t i = 0; in && i < p.n_outside; i++) in[i + 1] = (ag_ref){p.outside[i]};
    if (in) out = ag_emit(g, &ag__op_recompute, in, (int)p.n_outside + 1, &attr, NULL);
    else ag_fail(g, TN_ENOMEM, "out of memory for a part that is recomputed");
  }
  part_free(&p);
  tn_free(g->alloc, in);
  return g->status == TN_OK ? out : (ag_ref){0};
}

/* Finds the same part among the mapped nodes. */
static ag_ref recompute_many(ag_graph *g, ag_ref y, const ag_many *m) {
  (void)y;
  if (!m->each[0]) return ag__repeat(g, m->in[0], m->examples);
  return keep(g, 1, m->in[0], m->in + 1, m->n - 1);
}

bool ag__recomputed(ag_graph *g, ag_ref node, ag_ref x) {
  part p = {.g = g};
  bool found = false;
  size_t since = (size_t)ag_attr_of(g, node)->i[0];
  ag_ref y = ag_in(g, node, 0);
  int n = (int)g->nodes[node.id].n_in - 1;
  if (x.id < since || x.id > y.id) return false;
  ag_ref *stops = tn_calloc(g->alloc, (size_t)n + 1, sizeof *stops);
  for (int i = 0; stops && i < n; i++) stops[i] = ag_in(g, node, i + 1);
  if (!stops) ag_fail(g, TN_ENOMEM, "out of memory for a part that is recomputed");
  else found = part_find(&p, g, since, y, stops, n) && p.inside[x.id - since];
  if (stops) part_free(&p);
  tn_free(g->alloc, stops);
  return found;
}

ag_ref ag_recompute(ag_graph *g, size_t since, ag_ref y) {
  if (g->status != TN_OK) return (ag_ref){0};
  if (y.id == 0 || y.id >= g->n_nodes || since == 0) {
    ag_fail(g, TN_EINVAL, "recompute: wants a value of this graph, and ag_node_count before its part");
    return (ag_ref){0};
  }
  return y.id < since ? y : keep(g, since, y, NULL, 0);
}
