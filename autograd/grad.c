/* grad.c - reverse mode, graph to graph: one sweep from y down to the leaves. The sums that undo broadcasting
 * are made here, for all ops. */
#include "autograd/graph.h"
#include "autograd/ops/op.h"

#include <string.h>

/* A cotangent that is kept until others from the same op can be added with it, which is cheaper
 * (ag_op.sum). */
typedef struct share {
  ag_ref dx;
  size_t next; /* the next share of the same node: an index + 1 into sweep.shares; 0: none */
} share;

typedef struct sweep {
  ag_graph *g;
  uint32_t base;     /* the first node of wrt: no earlier node matters */
  bool *active;      /* per node from base to y: it is a wrt or depends on one */
  ag_ref *cotangent; /* id 0 = none yet */
  size_t *waiting;   /* per node: its last share */
  share *shares;
  size_t n_shares, cap_shares;
  ag_ref *dx; /* room for the operands of any node, or for the shares of one */
  size_t cap_dx;
} sweep;

static bool differentiable(const ag_op *op, uint32_t input) {
  return !(op->flags & AG_NO_DERIVATIVE) && !(input < 4 && op->flags & ((unsigned)AG_NODIFF_0 << input));
}

static bool is_active(const sweep *s, uint32_t id) { return id >= s->base && s->active[id - s->base]; }

/* Refuses a wrt inside a recomputed part: the derivative flows through the copy, so 0 would be wrong. */
static void check_recomputed(sweep *s, uint32_t id, const ag_ref *wrt, int n) {
  ag_graph *g = s->g;
  ag_ref node = {id};
  if (g->nodes[id].op != &ag__op_recompute || !is_active(s, ag_in(g, node, 0).id)) return;
  for (int i = 0; i < n && g->status == TN_OK; i++)
    if (ag__recomputed(g, node, wrt[i]))
      ag_fail(g, TN_EINVAL,
              "gradient: value %d of wrt is inside a part that is recomputed (ag_recompute); differentiate "
              "with respect to what the part reads",
              i);
}

static void mark_active(sweep *s, ag_ref y, const ag_ref *wrt, int n) {
  for (int i = 0; i < n; i++)
    if (wrt[i].id <= y.id) s->active[wrt[i].id - s->base] = true;
  for (uint32_t id = s->base; id <= y.id; id++) {
    const ag__node *node = &s->g->nodes[id];
    for (uint32_t k = 0; k < node->n_in && !s->active[id - s->base]; k++)
      s->active[id - s->base] = is_active(s, ag__inputs_of(s->g, node)[k]) && differentiable(node->op, k);
    check_recomputed(s, id, wrt, n);
  }
}

/* Sums dx over the axes along which an input of type t was broadcast. */
static ag_ref sum_to(ag_graph *g, ag_ref dx, ag_type t) {
  ag_type have = ag_type_of(g, dx);
  int lead = have.rank - t.rank;
  unsigned axes = 0;
  if (tn_same_shape(have.rank, have.shape, t.rank, t.shape)) return dx;
  for (int a = 0; a < have.rank; a++)
    if (a < lead || (t.shape[a - lead] == 1 && have.shape[a] != 1)) axes |= 1u << a;
  return ag_reshape(g, axes ? ag_sum(g, dx, axes, true) : dx, t.rank, t.shape);
}

/* Broadcasts a cotangent that is smaller than its value, such as a scalar. */
static ag_ref fit(ag_graph *g, ag_ref dx, ag_type t) {
  ag_type have = ag_type_of(g, dx), both[2] = {have, t}, merged;
  if (!ag__broadcast_types(both, 2, &merged))
    return ag_fail(g, TN_ESHAPE, "a derivative does not fit its value"), (ag_ref){0};
  if (tn_same_shape(merged.rank, merged.shape, t.rank, t.shape)) {
    if (tn_same_shape(have.rank, have.shape, t.rank, t.shape)) return dx;
    return ag_broadcast(g, dx, t.rank, t.shape);
  }
  return sum_to(g, ag_broadcast(g, dx, merged.rank, merged.shape), t);
}

/* Whether some input's derivative is needed. Below a wrt the sweep does not go on. */
static bool reaches_wrt(const sweep *s, const ag__node *node) {
  for (uint32_t k = 0; k < node->n_in; k++)
    if (is_active(s, ag__inputs_of(s->g, node)[k]) && differentiable(node->op, k)) return true;
  return false;
}

static bool reserve(sweep *s, size_t n) {
  if (tn_grow(s->g->alloc, &s->dx, &s->cap_dx, n, sizeof *s->dx) == TN_OK) return true;
  ag_fail(s->g, TN_ENOMEM, "out of memory for a gradient");
  return false;
}

static void add(sweep *s, uint32_t id, ag_ref d) {
  ag_ref *sum = &s->cotangent[id - s->base];
  *sum = sum->id ? ag_add(s->g, *sum, d) : d;
}

static void contribute(sweep *s, uint32_t id, ag_ref d) {
  if (!d.id || !s->g->nodes[d.id].op->sum) {
    add(s, id, d);
    return;
  }
  if (tn_grow(s->g->alloc, &s->shares, &s->cap_shares, s->n_shares + 1, sizeof *s->shares) != TN_OK) {
    ag_fail(s->g, TN_ENOMEM, "out of memory for a gradient");
    return;
  }
  s->shares[s->n_shares++] = (share){d, s->waiting[id - s->base]};
  s->waiting[id - s->base] = s->n_shares;
}

/* Adds the waiting shares of a node, grouped by op. */
static void settle(sweep *s, uint32_t id) {
  while (s->waiting[id - s->base] && s->g->status == TN_OK) {
    size_t n = 0, left = 0;
    const ag_op *op = NULL;
    for (size_t at = s->waiting[id - s->base], next; at; at = next) {
      share *x = &s->shares[at - 1];
      const ag_op *of = s->g->nodes[x->dx.id].op;
      next = x->next;
      if (!op) op = of;
      if (of != op) x->next = left, left = at;
      else if (reserve(s, n + 1)) s->dx[n++] = x->dx;
      else return;
    }
    s->waiting[id - s->base] = left;
    add(s, id, n > 1 ? op->sum(s->g, s->dx, (int)n) : s->dx[0]);
  }
}

static void pull_back(sweep *s, ag_ref y) {
  ag_graph *g = s->g;
  ag__node node = g->nodes[y.id]; /* a copy: the vjp appends */
  if (!reaches_wrt(s, &node) || !reserve(s, node.n_in)) return;
  ag_ref *dx = s->dx;
  memset(dx, 0, node.n_in * sizeof *dx);
  const char *outer = g->scope;
  const bool *active = g->active;
  uint32_t base = g->active_base;
  g->scope = node.scope;
  g->active = s->active, g->active_base = s->base;
  if (node.op->vjp) node.op->vjp(g, y, s->cotangent[y.id - s->base], dx);
  else ag_fail(g, TN_ENOGRAD, "%s: no derivative is defined", node.op->name);
  for (uint32_t k = 0; k < node.n_in && g->status == TN_OK; k++) {
    uint32_t in = g->inputs[node.first_in + k];
    if (is_active(s, in) && differentiable(node.op, k) && dx[k].id)
      contribute(s, in, fit(g, dx[k], g->nodes[in].type));
  }
  g->scope = outer;
  g->active = active, g->active_base = base;
}

static void run_sweep(sweep *s, ag_ref y, ag_ref dy, const ag_ref *wrt, int n) {
  mark_active(s, y, wrt, n);
  s->cotangent[y.id - s->base] = dy;
  for (uint32_t id = y.id; id >= s->base && s->g->status == TN_OK; id--) {
    settle(s, id);
    if (s->active[id - s->base] && s->cotangent[id - s->base].id) pull_back(s, (ag_ref){id});
  }
}

static ag_ref zeros(ag_graph *g, ag_ref x) {
  ag_type t = ag_type_of(g, x);
  return ag_broadcast(g, ag_scalar(g, t.dtype, 0), t.rank, t.shape);
}

static bool is_value(ag_graph *g, ag_ref x, const char *what) {
  char text[128];
  ag_type t = ag_type_of(g, x);
  if (!x.id || x.id >= g->n_nodes) ag_fail(g, TN_EINVAL, "gradient: %s is not a value of this graph", what);
  else if (!ag__is_float(t.dtype))
    ag_fail(g, TN_ETYPE, "gradient: %s is %s, not of a float type", what,
            ag__type_text(&t, text, sizeof text));
  return g->status == TN_OK;
}

/* Refuses a broadcast whose reader is an elementwise op: that reads the operand instead, so the derivative
 * would be 0. */
static void check_broadcast(ag_graph *g, ag_ref x) {
  if (g->status == TN_OK && g->nodes[x.id].bypassed)
    ag_fail(g, TN_EINVAL,
            "gradient: a value of wrt is the result of ag_broadcast or ag_expand, whose operand elementwise "
            "ops read in its place; differentiate with respect to the value that was broadcast");
}

static bool check(ag_graph *g, ag_ref y, ag_ref dy, const ag_ref *wrt, int n) {
  char have[128], want[128];
  if (g->status != TN_OK || !is_value(g, y, "y") || !is_value(g, dy, "the cotangent")) return false;
  ag_type t = ag_type_of(g, y), dt = ag_type_of(g, dy);
  if (t.dtype != dt.dtype || !tn_same_shape(t.rank, t.shape, dt.rank, dt.shape))
    ag_fail(g, TN_ESHAPE, "gradient: the cotangent is %s, but y is %s", ag__type_text(&dt, have, sizeof have),
            ag__type_text(&t, want, sizeof want));
  for (int i = 0; i < n && g->status == TN_OK; i++)
    if (is_value(g, wrt[i], "a value of wrt")) check_broadcast(g, wrt[i]);
  return g->status == TN_OK;
}

static ag_ref derivative(const sweep *s, ag_ref y, ag_ref x) {
  ag_ref d = {0};
  if (x.id <= y.id) d = s->cotangent[x.id - s->base];
  return d.id ? d : zeros(s->g, x);
}

void ag_vjp(ag_graph *g, ag_ref y, ag_ref dy, const ag_ref *wrt, int n, ag_ref *out) {
  sweep s = {.g = g, .base = y.id};
  if (n > 0 && (!wrt || !out)) {
    ag_fail(g, TN_EINVAL, "gradient: wrt, or the array for the derivatives, is NULL");
    return;
  }
  if (!check(g, y, dy, wrt, n)) goto done;
  for (int i = 0; i < n; i++) s.base = wrt[i].id < s.base ? wrt[i].id : s.base;
  size_t nodes = y.id - s.base + 1u;
  s.active = tn_calloc(g->alloc, nodes, sizeof *s.active);
  s.cotangent = tn_calloc(g->alloc, nodes, sizeof *s.cotangent);
  s.waiting = tn_calloc(g->alloc, nodes, sizeof *s.waiting);
  if (s.active && s.cotangent && s.waiting) {
    run_sweep(&s, y, dy, wrt, n);
    for (int i = 0; i < n && g->status == TN_OK; i++) out[i] = derivative(&s, y, wrt[i]);
  } else {
    ag_fail(g, TN_ENOMEM, "out of memory for a gradient");
  }
done:
  if (g->status != TN_OK && n > 0) memset(out, 0, (size_t)n * sizeof *out);
  tn_free(g->alloc, s.active);
  tn_free(g->alloc, s.cotangent);
  tn_free(g->alloc, s.waiting);
  tn_free(g->alloc, s.shares);
  tn_free(g->alloc, s.dx);
}

void ag_grad(ag_graph *g, ag_ref y, const ag_ref *wrt, int n, ag_ref *out) {
  ag_type t = ag_type_of(g, y);
  if (g->status == TN_OK && y.id && t.rank != 0)
    ag_fail(g, TN_ESHAPE, "a gradient needs a scalar, this value has rank %d: sum it, or use ag_vjp", t.rank);
  ag_vjp(g, y, ag_like(g, y, 1), wrt, n, out);
}
