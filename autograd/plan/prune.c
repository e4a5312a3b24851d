/* prune.c - the first pass: what outputs and effects need, copied out of the graph and renumbered. */
#include "autograd/plan/plan.h"

#include <string.h>

/* Marks every ancestor. Inputs come before their users, so one sweep from the end suffices. */
static void mark_live(const ag_graph *g, bool *live) {
  for (size_t id = g->n_nodes; id-- > 1;)
    if (live[id])
      for (uint32_t k = 0; k < g->nodes[id].n_in; k++) live[ag__inputs_of(g, &g->nodes[id])[k]] = true;
}

typedef struct sizes {
  size_t nodes, inputs, leaves, constants, text, assigns;
} sizes;

static size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

static sizes measure(const ag_graph *g, const bool *live, bool effects) {
  sizes s = {0};
  for (size_t id = 1; id < g->n_nodes; id++) {
    const ag__node *n = &g->nodes[id];
    if (!live[id]) continue;
    s.nodes++;
    s.inputs += n->n_in;
    s.text += strlen(n->scope) + 1;
    if (n->op == &ag__op_input || n->op == &ag__op_state) {
      s.leaves++;
      s.text += strlen(n->name) + 1;
    }
    if (n->op == &ag__op_constant)
      s.constants += aligned((size_t)tn_numel(n->type.rank, n->type.shape) * tn_dtype_size(n->type.dtype));
  }
  if (effects) s.assigns = g->n_assigns;
  return s;
}

static tn_status reserve(ag__program *p, const sizes *s, int n_outputs) {
  const tn_alloc *a = p->alloc;
  p->nodes = tn_calloc(a, s->nodes + 1, sizeof *p->nodes);
  p->inputs = tn_calloc(a, s->inputs + 1, sizeof *p->inputs);
  p->leaves = tn_calloc(a, s->leaves + 1, sizeof *p->leaves);
  p->assigns = tn_calloc(a, s->assigns + 1, sizeof *p->assigns);
  p->outputs = tn_calloc(a, (size_t)n_outputs + 1, sizeof *p->outputs);
  p->text = tn_calloc(a, s->text + 1, 1);
  p->constants = tn_calloc(a, s->constants + 64, 1);
  bool all = p->nodes && p->inputs && p->leaves && p->assigns && p->outputs && p->text && p->constants;
  return all ? TN_OK : TN_ENOMEM;
}

static char *put_text(ag__program *p, size_t *used, const char *text) {
  char *at = p->text + *used;
  size_t n = strlen(text) + 1;
  memcpy(at, text, n);
  *used += n;
  return at;
}

/* Copies one node; `number` maps graph ids to program numbers. */
static void copy_node(ag__program *p, const ag_graph *g, uint32_t id, const int *number, size_t *text) {
  const ag__node *n = &g->nodes[id];
  int self = p->n_nodes++;
  ag__pnode *q = &p->nodes[self];
  *q = (ag__pnode){.op = n->op,
                   .attr = n->attr,
                   .type = n->type,
                   .first_in = (int)p->n_inputs,
                   .n_in = (int)n->n_in,
                   .root = self,
                   .leaf = -1,
                   .unit = -1,
                   .written_leaf = -1,
                   .id = id,
                   .scope = put_text(p, text, n->scope)};
  for (uint32_t k = 0; k < n->n_in; k++) p->inputs[p->n_inputs++] = number[ag__inputs_of(g, n)[k]];
  if (n->op->flags & AG_ALIAS) q->root = p->nodes[p->inputs[q->first_in]].root;
  if (n->op->kind == AG_RANDOM) q->stream = tn_stream(n->name);
  if (n->op == &ag__op_constant) {
    size_t bytes = (size_t)tn_numel(n->type.rank, n->type.shape) * tn_dtype_size(n->type.dtype);
    q->constant = p->constant_bytes;
    q->place = AG__CONSTANT;
    if (bytes) memcpy(p->constants + p->constant_bytes, n->constant, bytes);
    p->constant_bytes += aligned(bytes);
  } else if (n->op->kind == AG_LEAF) {
    q->leaf = p->n_leaves;
    q->place = AG__LEAF;
    p->leaves[p->n_leaves++] = (ag__leaf){put_text(p, text, n->name), n->type, n->op == &ag__op_state};
  }
}

/* Leaves a plan writes or reads but no node needs otherwise (the target of an assign) are live too. */
tn_status ag__prune(ag_graph *g, const ag_ref *outputs, int n, ag__program *p) {
  bool effects = p->flags & AG_WITH_EFFECTS;
  bool *live = tn_calloc(p->alloc, g->n_nodes, sizeof *live);
  int *number = tn_calloc(p->alloc, g->n_nodes, sizeof *number);
  tn_status status = TN_ENOMEM;
  size_t text = 0;
  if (!live || !number) goto done;
  for (int i = 0; i < n; i++) live[outputs[i].id] = true;
  for (size_t i = 0; effects && i < g->n_assigns; i++)
    live[ag_in(g, g->assigns[i], 0).id] = live[ag_in(g, g->assigns[i], 1).id] = true;
  mark_live(g, live);
  sizes s = measure(g, live, effects);
  if ((status = reserve(p, &s, n)) != TN_OK) goto done;
  for (uint32_t id = 1; id < g->n_nodes; id++)
    if (live[id]) {
      number[id] = p->n_nodes;
      copy_node(p, g, id, number, &text);
    }
  for (int i = 0; i < n; i++) {
    p->outputs[p->n_outputs++] = number[outputs[i].id];
    p->nodes[number[outputs[i].id]].output = p->nodes[p->nodes[number[outputs[i].id]].root].output = true;
  }
  for (size_t i = 0; effects && i < g->n_assigns; i++) {
    int leaf = p->nodes[number[ag_in(g, g->assigns[i], 0).id]].leaf,
        value = number[ag_in(g, g->assigns[i], 1).id];
    p->assigns[p->n_assigns++] = (ag__passign){leaf, value, false};
  }
done:
  tn_free(p->alloc, live);
  tn_free(p->alloc, number);
  return status;
}

void ag__program_free(ag__program *p) {
  const tn_alloc *a = p->alloc;
  tn_free(a, p->nodes);
  tn_free(a, p->inputs);
  tn_free(a, p->leaves);
  tn_free(a, p->assigns);
  tn_free(a, p->outputs);
  tn_free(a, p->text);
  tn_free(a, p->constants);
  tn_free(a, p->reach.bits);
  tn_free(a, p->units);
  tn_free(a, p->order);
}
