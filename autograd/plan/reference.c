/* reference.c - the reference for tests of all passes: it computes node after node, each into memory of its
 * own, elementwise ops one element at a time. It shares only the kernels of the ops with the plan. */
#include "autograd/graph.h"
#include "autograd/scan/body.h"

#include <string.h>

typedef struct oracle {
  ag_graph *g;
  tn_view *value; /* per node */
  bool *owned, *live;
  tn_rng rng;
} oracle;

static void mark_live(oracle *o, const ag_ref *outputs, int n, bool effects) {
  const ag_graph *g = o->g;
  for (int i = 0; i < n; i++) o->live[outputs[i].id] = true;
  for (size_t i = 0; effects && i < g->n_assigns; i++) o->live[g->assigns[i].id] = true;
  for (size_t id = g->n_nodes; id-- > 1;)
    for (uint32_t k = 0; o->live[id] && k < g->nodes[id].n_in; k++)
      o->live[ag__inputs_of(g, &g->nodes[id])[k]] = true;
}

static tn_status bind_leaf(oracle *o, uint32_t id, const char *const *names, const tn_view *leaves, int n) {
  const ag__node *node = &o->g->nodes[id];
  if (node->op == &ag__op_constant) {
    o->value[id] = tn_view_of(node->constant, node->type.dtype, node->type.rank, node->type.shape);
    return TN_OK;
  }
  for (int i = 0; i < n; i++)
    if (strcmp(names[i], node->name) == 0) {
      bool fits = leaves[i].dtype == node->type.dtype &&
                  tn_same_shape(leaves[i].rank, leaves[i].shape, node->type.rank, node->type.shape) &&
                  tn_view_contiguous(&leaves[i]);
      o->value[id] = leaves[i];
      return fits ? TN_OK : TN_ESHAPE;
    }
  return TN_EINVAL;
}

static void elementwise(const oracle *o, const ag__node *node, tn_view out) {
  const uint32_t *ids = ag__inputs_of(o->g, node);
  for (int64_t i = 0, n = tn_view_numel(&out); i < n; i++) {
    float xf[AG__MAX_ELEMENTWISE], yf;
    double x[AG__MAX_ELEMENTWISE], y;
    const float *pf[AG__MAX_ELEMENTWISE];
    const double *pd[AG__MAX_ELEMENTWISE];
    for (uint32_t k = 0; k < node->n_in; k++) {
      tn_view v = tn_view_broadcast(o->value[ids[k]], out.rank, out.shape);
      x[k] = tn_get(&v, i), xf[k] = (float)x[k], pd[k] = &x[k], pf[k] = &xf[k];
    }
    if (out.dtype == TN_F32) node->op->f32(&node->attr, 1, pf, &yf), y = yf;
    else node->op->f64(&node->attr, 1, pd, &y);
    tn_set(&out, i, y);
  }
}

/* The value of a loop holds all its results; a part is one of them. */
static ag_type type_of(const ag__node *node) {
  ag_type t = node->type;
  if (node->op->kind == AG_LOOP) {
    const ag__body *b = ag__body_of(&node->attr);
    t.shape[0] = (int64_t)ag__body_offset(b, b->n_out);
  }
  return t;
}

static tn_view part_of(const ag__node *node, tn_view loop) {
  size_t offset = ag__body_offset(ag__body_of(&node->attr), (int)node->attr.i[1]);
  return tn_view_of((char *)loop.data + offset, node->type.dtype, node->type.rank, node->type.shape);
}

static tn_status evaluate(oracle *o, uint32_t id) {
  const ag__node *node = &o->g->nodes[id];
  const uint32_t *ids = ag__inputs_of(o->g, node);
  tn_array a;
  ag_type type = type_of(node);
  tn_status status = tn_array_new(o->g->alloc, type.dtype, type.rank, type.shape, &a);
  if (status != TN_OK) return status;
  o->value[id] = a.view;
  o->owned[id] = true;
  if (node->op->kind == AG_ELEMENTWISE) {
    elementwise(o, node, a.view);
    return TN_OK;
  }
  tn_view *in = tn_calloc(o->g->alloc, node->n_in + 1u, sizeof *in);
  if (!in) return TN_ENOMEM;
  for (uint32_t k = 0; k < node->n_in; k++) in[k] = o->value[ids[k]];
  tn_rng rng = o->rng;
  char error[AG_SENTENCE] = "";
  if (node->op->kind == AG_RANDOM) rng.stream += tn_stream(node->name);
  if (node->op->kind == AG_LOOP) status = ag__body_reference(ag__body_of(&node->attr), in, rng, a.view.data);
  else if (node->op == &ag__op_part) tn_copy(a.view, part_of(node, in[0]));
  else if (node->op->flags & AG_ALIAS) tn_copy(tn_view_of(a.view.data, in->dtype, in->rank, in->shape), *in);
  else node->op->run(&(ag_call){&node->attr, (int)node->n_in, in, a.view, rng, 1, NULL, error});
  tn_free(o->g->alloc, in);
  if (*error) status = ag__fault_status(node->op);
  return status;
}

static tn_status sweep(oracle *o, const char *const *names, const tn_view *leaves, int n_leaves) {
  tn_status status = TN_OK;
  for (uint32_t id = 1; id < o->g->n_nodes && status == TN_OK; id++) {
    if (!o->live[id] || o->g->nodes[id].op->kind == AG_EFFECT) continue;
    if (o->g->nodes[id].op->kind == AG_LEAF) status = bind_leaf(o, id, names, leaves, n_leaves);
    else status = evaluate(o, id);
  }
  return status;
}

tn_status ag_reference(ag_graph *g, const ag_ref *outputs, int n, bool effects, const char *const *names,
                       const tn_view *leaves, int n_leaves, tn_rng rng, const tn_view *results) {
  if (g->status != TN_OK) return g->status;
  for (int i = 0; i < n; i++) {
    ag_type t = ag_type_of(g, outputs[i]);
    if (!outputs[i].id || outputs[i].id >= g->n_nodes || ag_op_of(g, outputs[i])->kind == AG_EFFECT)
      return TN_EINVAL;
    if (!tn_same_shape(t.rank, t.shape, results[i].rank, results[i].shape)) return TN_ESHAPE;
  }
  oracle o = {g, tn_calloc(g->alloc, g->n_nodes, sizeof *o.value),
              tn_calloc(g->alloc, g->n_nodes, sizeof(bool)), tn_calloc(g->alloc, g->n_nodes, sizeof(bool)),
              rng};
  tn_status status = o.value && o.owned && o.live ? TN_OK : TN_ENOMEM;
  if (status == TN_OK) {
    mark_live(&o, outputs, n, effects);
    status = sweep(&o, names, leaves, n_leaves);
  }
  for (int i = 0; i < n && status == TN_OK; i++) tn_copy(results[i], o.value[outputs[i].id]);
  for (size_t i = 0; effects && i < g->n_assigns && status == TN_OK; i++)
    tn_copy(o.value[ag_in(g, g->assigns[i], 0).id], o.value[ag_in(g, g->assigns[i], 1).id]);
  for (size_t id = 1; o.owned && id < g->n_nodes; id++)
    if (o.owned[id]) tn_free(g->alloc, o.value[id].data);
  tn_free(g->alloc, o.value);
  tn_free(g->alloc, o.owned);
  tn_free(g->alloc, o.live);
  return status;
}
