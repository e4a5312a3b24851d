/* grad.c - reverse mode as graph-to-graph: one sweep from y down to the leaves. Broadcasting is undone here,
 * once, for every op. */
#include "autograd/graph.h"
#include "autograd/ops/op.h"

#include <string.h>

typedef struct sweep {
  ag_graph *g;
  bool *active;      /* per node up to y: lies between wrt and y */
  ag_ref *cotangent; /* id 0 = none yet */
} sweep;

static bool differentiable(const ag_op *op, uint32_t input) {
  return !(op->flags & AG_NO_DERIVATIVE) && !(input < 4 && op->flags & ((unsigned)AG_NODIFF_0 << input));
}

static void mark_active(sweep *s, ag_ref y, const ag_ref *wrt, int n) {
  for (int i = 0; i < n; i++)
    if (wrt[i].id <= y.id) s->active[wrt[i].id] = true;
  for (uint32_t id = 1; id <= y.id; id++) {
    const ag__node *node = &s->g->nodes[id];
    for (uint32_t k = 0; k < node->n_in && !s->active[id]; k++)
      s->active[id] = s->active[ag__inputs_of(s->g, node)[k]] && differentiable(node->op, k);
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

/* A cotangent smaller than its value (a scalar that stands for all elements) is spread out. */
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

/* Does the derivative of some input matter? Not below a value that is itself asked for. */
static bool reaches_wrt(const sweep *s, const ag__node *node) {
  for (uint32_t k = 0; k < node->n_in; k++)
    if (s->active[ag__inputs_of(s->g, node)[k]] && differentiable(node->op, k)) return true;
  return false;
}

static void pull_back(sweep *s, ag_ref y, ag_ref *dx) {
  ag_graph *g = s->g;
  ag__node node = g->nodes[y.id]; /* a copy: the vjp appends */
  if (!reaches_wrt(s, &node)) return;
  memset(dx, 0, node.n_in * sizeof *dx);
  const char *outer = g->scope;
  g->scope = node.scope;
  if (node.op->vjp) node.op->vjp(g, y, s->cotangent[y.id], dx);
  else ag_fail(g, TN_ENOGRAD, "%s: no derivative is defined", node.op->name);
  for (uint32_t k = 0; k < node.n_in && g->status == TN_OK; k++) {
    uint32_t in = g->inputs[node.first_in + k];
    if (!s->active[in] || !differentiable(node.op, k) || !dx[k].id) continue;
    ag_ref d = fit(g, dx[k], g->nodes[in].type);
    s->cotangent[in] = s->cotangent[in].id ? ag_add(g, s->cotangent[in], d) : d;
  }
  g->scope = outer;
}

static void run_sweep(sweep *s, ag_ref y, ag_ref dy, const ag_ref *wrt, int n, ag_ref *dx) {
  mark_active(s, y, wrt, n);
  s->cotangent[y.id] = dy;
  for (uint32_t id = y.id; id && s->g->status == TN_OK; id--)
    if (s->active[id] && s->cotangent[id].id) pull_back(s, (ag_ref){id}, dx);
}

static ag_ref zeros(ag_graph *g, ag_ref x) {
  ag_type t = ag_type_of(g, x);
  return ag_broadcast(g, ag_scalar(g, t.dtype, 0), t.rank, t.shape);
}

static bool is_value(ag_graph *g, ag_ref x, const char *what) {
  char text[128];
  ag_type t = ag_type_of(g, x);
  if (!x.id || x.id >= g->n_nodes) ag_fail(g, TN_EINVAL, "gradient: the value %s is not of this graph", what);
  else if (!ag__is_float(t.dtype))
    ag_fail(g, TN_ETYPE, "gradient: the value %s is %s, not of a float type", what,
            ag__type_text(&t, text, sizeof text));
  return g->status == TN_OK;
}

static bool check(ag_graph *g, ag_ref y, ag_ref dy, const ag_ref *wrt, int n) {
  char have[128], want[128];
  if (g->status != TN_OK || !is_value(g, y, "to derive") || !is_value(g, dy, "to start from")) return false;
  ag_type t = ag_type_of(g, y), dt = ag_type_of(g, dy);
  if (t.dtype != dt.dtype || !tn_same_shape(t.rank, t.shape, dt.rank, dt.shape))
    ag_fail(g, TN_ESHAPE, "gradient: the cotangent is %s, its value %s",
            ag__type_text(&dt, have, sizeof have), ag__type_text(&t, want, sizeof want));
  for (int i = 0; i < n && g->status == TN_OK; i++) is_value(g, wrt[i], "to derive by");
  return g->status == TN_OK;
}

void ag_vjp(ag_graph *g, ag_ref y, ag_ref dy, const ag_ref *wrt, int n, ag_ref *out) {
  bool *active = NULL;
  ag_ref *cotangent = NULL, *dx = NULL;
  if (!check(g, y, dy, wrt, n)) goto done;
  uint32_t widest = 1;
  for (uint32_t id = 1; id <= y.id; id++) widest = g->nodes[id].n_in > widest ? g->nodes[id].n_in : widest;
  active = tn_calloc(g->alloc, y.id + 1u, sizeof *active);
  cotangent = tn_calloc(g->alloc, y.id + 1u, sizeof *cotangent);
  dx = tn_calloc(g->alloc, widest, sizeof *dx);
  if (active && cotangent && dx) {
    run_sweep(&(sweep){g, active, cotangent}, y, dy, wrt, n, dx);
    for (int i = 0; i < n && g->status == TN_OK; i++)
      out[i] = wrt[i].id <= y.id && cotangent[wrt[i].id].id ? cotangent[wrt[i].id] : zeros(g, wrt[i]);
  } else {
    ag_fail(g, TN_ENOMEM, "out of memory for a gradient");
  }
done:
  if (g->status != TN_OK && n > 0) memset(out, 0, (size_t)n * sizeof *out);
  tn_free(g->alloc, active);
  tn_free(g->alloc, cotangent);
  tn_free(g->alloc, dx);
}

void ag_grad(ag_graph *g, ag_ref y, const ag_ref *wrt, int n, ag_ref *out) {
  ag_type t = ag_type_of(g, y);
  if (g->status == TN_OK && y.id && t.rank != 0)
    ag_fail(g, TN_ESHAPE, "a gradient needs a scalar, this value has rank %d: sum it, or use ag_vjp", t.rank);
  ag_vjp(g, y, ag_like(g, y, 1), wrt, n, out);
}
