/* prune.c - the first pass: copies the nodes that outputs and effects need out of the graph, and renumbers
 * them. */
#include "autograd/plan/plan.h"
#include "autograd/scan/body.h"

#include <stdio.h>
#include <string.h>

/* ---- what is needed -------------------------------------------------------------------------------------- */

static tn_status mark_live(const ag_graph *g, const tn_alloc *alloc, const int *given, bool *live);

/* A carried value is live if some step needs it. */
tn_status ag__body_needs(const ag__body *b, const tn_alloc *alloc, bool *live, bool *needed) {
  for (bool more = true; more;) {
    more = false;
    for (int k = 0; k < b->n_out; k++)
      if (live[k]) needed[b->out[k].id] = true;
    tn_status status = mark_live(b->g, alloc, NULL, needed);
    if (status != TN_OK) return status;
    for (int k = 0; k < b->n_carry; k++)
      if (needed[b->in[k].id] && !live[k]) live[k] = more = true;
  }
  return TN_OK;
}

/* Marks the operands that a loop's live results need. (The derivative of a loop that is linear in its
 * cotangent does not read it.) At least one is always marked, to stand in for the others (see copy_node). */
static tn_status mark_loop(const ag_graph *g, const tn_alloc *alloc, size_t id, bool *live) {
  const ag__node *n = &g->nodes[id];
  const ag__body *b = ag__body_of(&n->attr);
  bool *results = tn_calloc(alloc, (size_t)b->n_out + 1, sizeof *results);
  bool *needed = tn_calloc(alloc, b->g->n_nodes, sizeof *needed);
  tn_status status = results && needed ? TN_OK : TN_ENOMEM;
  for (size_t part = id + 1; status == TN_OK && part < g->n_nodes; part++)
    if (live[part] && g->nodes[part].op == &ag__op_part && ag__inputs_of(g, &g->nodes[part])[0] == id)
      results[g->nodes[part].attr.i[1]] = true;
  if (status == TN_OK) status = ag__body_needs(b, alloc, results, needed);
  bool any = false;
  for (uint32_t k = 0; status == TN_OK && k < n->n_in; k++)
    if (needed[b->in[k].id] || ((int)k < b->n_carry && results[k])) any = live[ag__inputs_of(g, n)[k]] = true;
  if (status == TN_OK && !any && n->n_in) live[ag__inputs_of(g, n)[0]] = true;
  tn_free(alloc, results);
  tn_free(alloc, needed);
  return status;
}

/* Marks all ancestors, up to given values. Operands come before their readers, so one sweep from the end
 * suffices. */
static tn_status mark_live(const ag_graph *g, const tn_alloc *alloc, const int *given, bool *live) {
  for (size_t id = g->n_nodes; id-- > 1;) {
    if (!live[id] || (given && given[id])) continue;
    const ag__node *n = &g->nodes[id];
    tn_status status = n->op->kind == AG_LOOP ? mark_loop(g, alloc, id, live) : TN_OK;
    if (status != TN_OK) return status;
    for (uint32_t k = 0; n->op->kind != AG_LOOP && k < n->n_in; k++) live[ag__inputs_of(g, n)[k]] = true;
  }
  return TN_OK;
}

/* ---- copying it ------------------------------------------------------------------------------------------- */

typedef struct sizes {
  size_t nodes, inputs, leaves, constants, text, assigns;
} sizes;

static size_t aligned(size_t bytes) { return (bytes + 63) / 64 * 64; }

enum { GIVEN_NAME = 24 };

static sizes measure(const ag_graph *g, const bool *live, const int *given) {
  const char *scope = NULL;
  sizes s = {0};
  for (size_t id = 1; id < g->n_nodes; id++) {
    const ag__node *n = &g->nodes[id];
    if (!live[id]) continue;
    s.nodes++;
    s.inputs += n->n_in;
    if (n->scope != scope) s.text += strlen(scope = n->scope) + 1;
    if (given[id]) s.leaves++, s.text += GIVEN_NAME;
    if (n->op == &ag__op_input || n->op == &ag__op_state) {
      s.leaves++;
      s.text += strlen(n->name) + 1;
    }
    if (n->op == &ag__op_constant)
      s.constants += aligned((size_t)tn_numel(n->type.rank, n->type.shape) * tn_dtype_size(n->type.dtype));
  }
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

typedef struct texts {
  size_t used;
  const char *from, *scope; /* the scope copied last, and its copy: most nodes have the scope of their
                             * neighbour */
} texts;

static char *put_text(ag__program *p, texts *t, const char *text) {
  char *at = p->text + t->used;
  size_t n = strlen(text) + 1;
  memcpy(at, text, n);
  t->used += n;
  return at;
}

static const char *put_scope(ag__program *p, texts *t, const char *scope) {
  if (scope != t->from) t->scope = put_text(p, t, t->from = scope);
  return t->scope;
}

/* Copies a given value as an input with a name of its own, whatever computes it in the graph. */
static void copy_given(ag__program *p, const ag_graph *g, uint32_t id, int index, texts *text) {
  char name[GIVEN_NAME];
  int self = p->n_nodes++;
  snprintf(name, sizeof name, AG_GIVEN, index);
  p->nodes[self] = (ag__pnode){.op = &ag__op_input,
                               .type = g->nodes[id].type,
                               .first_in = (int)p->n_inputs,
                               .root = self,
                               .leaf = p->n_leaves,
                               .place = AG__LEAF,
                               .unit = -1,
                               .written_leaf = -1,
                               .id = id,
                               .scope = put_scope(p, text, g->nodes[id].scope)};
  p->leaves[p->n_leaves++] = (ag__leaf){put_text(p, text, name), g->nodes[id].type, false};
}

/* An operand that a loop does not need is not in the program: a live one stands in its place and is not
 * read. */
static void copy_operands(ag__program *p, const ag_graph *g, const ag__node *n, const bool *live,
                          const int *number) {
  const uint32_t *in = ag__inputs_of(g, n);
  uint32_t other = 0;
  while (other < n->n_in && !live[in[other]]) other++;
  for (uint32_t k = 0; k < n->n_in; k++) p->inputs[p->n_inputs++] = number[in[live[in[k]] ? k : other]];
}

/* Copies one node; `number` maps graph ids to program numbers. */
static void copy_node(ag__program *p, const ag_graph *g, uint32_t id, const bool *live, const int *number,
                      texts *text) {
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
                   .copied = n->copied,
                   .scope = put_scope(p, text, n->scope)};
  p->copies |= n->copied != 0;
  copy_operands(p, g, n, live, number);
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

static void list_results(ag__program *p, const ag__request *want, const int *number) {
  for (int i = 0; i < want->n_outputs; i++) {
    int x = number[want->outputs[i].id];
    p->outputs[p->n_outputs++] = x;
    p->nodes[x].output = p->nodes[p->nodes[x].root].output = true;
  }
  for (size_t i = 0; i < want->n_updates; i++) {
    int leaf = p->nodes[number[want->updates[i].state.id]].leaf, value = number[want->updates[i].value.id];
    p->assigns[p->n_assigns++] = (ag__passign){leaf, value, false};
  }
}

/* The targets of assigns are live too, even if no node reads them. */
tn_status ag__prune(const ag_graph *g, const ag__request *want, ag__program *p) {
  bool *live = tn_calloc(p->alloc, g->n_nodes, sizeof *live);
  int *number = tn_calloc(p->alloc, g->n_nodes, sizeof *number);
  int *is_given = tn_calloc(p->alloc, g->n_nodes, sizeof *is_given); /* per node: its index among the given
                                                                      * values + 1; 0: not given */
  tn_status status = TN_ENOMEM;
  texts text = {0};
  if (!live || !number || !is_given) goto done;
  for (int i = 0; i < want->n_given; i++) is_given[want->given[i].id] = i + 1;
  for (int i = 0; i < want->n_outputs; i++) live[want->outputs[i].id] = true;
  for (size_t i = 0; i < want->n_updates; i++)
    live[want->updates[i].state.id] = live[want->updates[i].value.id] = true;
  if ((status = mark_live(g, p->alloc, is_given, live)) != TN_OK) goto done;
  sizes s = measure(g, live, is_given);
  s.assigns = want->n_updates;
  if ((status = reserve(p, &s, want->n_outputs)) != TN_OK) goto done;
  for (uint32_t id = 1; id < g->n_nodes; id++)
    if (live[id]) {
      number[id] = p->n_nodes;
      if (is_given[id]) copy_given(p, g, id, is_given[id] - 1, &text);
      else copy_node(p, g, id, live, number, &text);
    }
  list_results(p, want, number);
done:
  tn_free(p->alloc, live);
  tn_free(p->alloc, number);
  tn_free(p->alloc, is_given);
  return status;
}

void ag__program_free(ag__program *p) {
  const tn_alloc *a = p->alloc;
  tn_free(a, p->nodes);
  tn_free(a, p->inputs);
  tn_free(a, p->leaves);
  tn_free(a, p->leaf_by_name);
  tn_free(a, p->first_of_leaf);
  tn_free(a, p->next_of_leaf);
  tn_free(a, p->assigns);
  tn_free(a, p->outputs);
  tn_free(a, p->text);
  tn_free(a, p->constants);
  ag__loops_free(p);
  ag__reach_free(&p->reach, a);
  tn_free(a, p->units);
  tn_free(a, p->order);
  tn_free(a, p->panels);
}
