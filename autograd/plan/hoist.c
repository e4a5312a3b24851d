/* hoist.c - finds values that a training step need not recompute: they depend, row by row, only on rows of
 * the data and on fixed values. It runs on the graph, before all passes. The caller compiles these values as
 * a plan of their own, stores the results as a column of the data, and gives that column to the plan of the
 * step (ag_compile_given). */
#include "autograd/graph.h"

typedef enum state { NOT, FIXED, ROWS, DEEP /* ROWS behind at least one contraction: worth storing */ } state;

typedef struct search {
  const ag_graph *g;
  state *states;
  bool *live, *found;
  int64_t rows;
} search;

static bool same_rows(const search *s, const ag_type *t) { return t->rank > 0 && t->shape[0] == s->rows; }

/* Whether row r of y depends only on row r of operand k (for a fixed operand: on nothing that varies with
 * r). */
static bool by_row(const search *s, const ag__node *y, uint32_t k) {
  uint32_t in = ag__inputs_of(s->g, y)[k];
  const ag_type *t = &s->g->nodes[in].type;
  if (s->states[in] != FIXED) return t->rank == y->type.rank && same_rows(s, t);
  return t->rank < y->type.rank || t->shape[0] == 1;
}

static state state_of_op(const search *s, const ag__node *y) {
  bool all_fixed = true, deep = y->op->kind == AG_CONTRACTION, by_rows = same_rows(s, &y->type);
  bool matrix = y->op->row_axis && y->type.rank == 2 && y->op->row_axis(&y->attr) == 0;
  for (uint32_t k = 0; k < y->n_in; k++) {
    state x = s->states[ag__inputs_of(s->g, y)[k]];
    if (x == NOT) return NOT;
    if (x == DEEP) deep = true;
    all_fixed &= x == FIXED;
    if (matrix && k > 0) by_rows &= x == FIXED;
    else if (matrix) by_rows &= x != FIXED && by_row(s, y, 0);
    else by_rows &= y->op->flags & AG_ROWWISE && by_row(s, y, k);
  }
  if (y->op->kind == AG_RANDOM || y->op->kind == AG_EFFECT || y->op->kind == AG_LOOP) return NOT;
  if (y->op->kind == AG_REDUCE && y->type.rank < 2) return all_fixed ? FIXED : NOT; /* it reduces the rows */
  return all_fixed ? FIXED : !by_rows ? NOT : deep ? DEEP : ROWS;
}

static state state_of_leaf(search *s, uint32_t id, const ag_leaf_uses *uses) {
  const ag__node *n = &s->g->nodes[id];
  if (n->op == &ag__op_constant) return FIXED;
  ag_leaf_use use = n->assigned ? AG_LEAF_VARIES : uses->of(uses->ctx, n->name);
  if (use != AG_LEAF_ROWS) return use == AG_LEAF_FIXED ? FIXED : NOT;
  if (n->type.rank == 0 || (s->rows >= 0 && n->type.shape[0] != s->rows)) return NOT;
  s->rows = n->type.shape[0];
  return ROWS;
}

/* Marks outputs and assigned values: the step must compute them whatever they depend on. */
static void mark_results(search *s, const ag_ref *outputs, int n) {
  const ag_graph *g = s->g;
  for (int i = 0; i < n; i++) s->live[outputs[i].id] = s->found[ag__root(g, outputs[i]).id] = true;
  for (size_t i = 0; i < g->n_assigns; i++) {
    ag_ref value = ag_in(g, g->assigns[i], 1);
    s->live[value.id] = s->found[ag__root(g, value).id] = true;
  }
}

static int collect(search *s, ag_ref *out, int room) {
  const ag_graph *g = s->g;
  int n = 0;
  for (size_t id = g->n_nodes; id-- > 1;) {
    const ag__node *y = &g->nodes[id];
    if (!s->live[id] || s->states[id] == ROWS || s->states[id] == DEEP) continue;
    for (uint32_t k = 0; k < y->n_in; k++) {
      ag_ref in = {ag__inputs_of(g, y)[k]}, root = ag__root(g, in);
      s->live[in.id] = true;
      if (s->states[in.id] != DEEP || s->states[root.id] != DEEP || s->found[root.id]) continue;
      if (n == room) return 0;
      s->found[root.id] = true;
      out[n++] = root;
    }
  }
  return n;
}

int ag_hoistable(ag_graph *g, const ag_ref *outputs, int n, ag_leaf_uses uses, ag_ref *out, int room) {
  search s = {.g = g, .rows = -1};
  int found = 0;
  if (g->status != TN_OK) return 0;
  s.states = tn_calloc(g->alloc, g->n_nodes, sizeof *s.states);
  s.live = tn_calloc(g->alloc, g->n_nodes, sizeof *s.live);
  s.found = tn_calloc(g->alloc, g->n_nodes, sizeof *s.found);
  if (s.states && s.live && s.found) {
    mark_results(&s, outputs, n);
    for (uint32_t id = 1; id < g->n_nodes; id++) {
      const ag__node *y = &g->nodes[id];
      s.states[id] = y->op->kind == AG_LEAF ? state_of_leaf(&s, id, &uses) : state_of_op(&s, y);
      if (s.found[id] && s.states[id] != FIXED) s.states[id] = NOT;
    }
    found = collect(&s, out, room);
  } else ag_fail(g, TN_ENOMEM, "out of memory while looking for what to hoist");
  tn_free(g->alloc, s.states);
  tn_free(g->alloc, s.live);
  tn_free(g->alloc, s.found);
  return found;
}
