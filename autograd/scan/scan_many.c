/* scan_many.c - a loop for many examples (ag_vmap): one loop whose body is the mapped body. All carried
 * values and results have the axis of the examples; per-step and shared values only if they differ between
 * examples. The axis of the steps stays in front, so per-step operands and results are transposed outside the
 * loop. */
#include "autograd/ops/op.h"
#include "autograd/scan/body.h"

#include <stdio.h>
#include <string.h>

typedef struct mapper {
  ag_graph *g; /* of the loop */
  const ag__body *from;
  ag__body *to;
  int64_t examples;
  ag_ref *map; /* per node of from->g: its copy, for one example, in to->g */
  ag_ref *one,
      *many; /* leaves of to->g that differ between examples: one example's (not read in the end), and all
              * examples' */
  int n_many;
  bool *needed; /* per node of from->g */
} mapper;

static ag_ref swapped(ag_graph *g, ag_ref x) { return ag_swapaxes(g, x, 0, 1); }

/* Adds the leaf of the new body for leaf k, and sets what the copied nodes read in its place. */
static void add_leaf(mapper *s, int k, const char *kind, bool each_example) {
  ag_ref old = s->from->in[k];
  ag_type one = ag_type_of(s->from->g, old), all = one;
  if (!each_example) {
    s->map[old.id] = ag__body_leaf(s->to, kind, &one);
    return;
  }
  char name[32];
  if (one.rank == TN_MAX_RANK)
    ag_fail(s->g, TN_ESHAPE, "vmap: a value of a loop has no room for the examples' axis");
  memmove(all.shape + 1, all.shape, (TN_MAX_RANK - 1) * sizeof *all.shape);
  all.rank = one.rank < TN_MAX_RANK ? one.rank + 1 : one.rank;
  all.shape[0] = s->examples;
  snprintf(name, sizeof name, "one %d", k);
  s->map[old.id] = s->one[s->n_many] = ag_input(s->to->g, name, one.dtype, one.rank, one.shape);
  s->many[s->n_many++] = ag__body_leaf(s->to, kind, &all);
}

static void add_leaves(mapper *s, const ag_many *m, ag_ref *in) {
  const ag__body *b = s->from;
  for (int k = 0; k < m->n; k++) {
    bool carried = k < b->n_carry, step = !carried && k < b->n_carry + b->n_each;
    in[k] = m->in[k];
    if (carried && !m->each[k]) in[k] = ag__repeat(s->g, in[k], s->examples);
    if (step && m->each[k]) in[k] = swapped(s->g, in[k]);
    add_leaf(s, k, carried ? "carry" : step ? "each" : "shared", carried || m->each[k]);
  }
}

static ag_ref copy_random(mapper *s, const ag__node *n) {
  ag__node node = *n;
  node.name = ag__keep(s->to->g, n->name, strlen(n->name) + 1);
  return node.name ? ag__append(s->to->g, &node, NULL) : (ag_ref){0};
}

static void copy_node(mapper *s, uint32_t id, ag_ref *in) {
  const ag_graph *b = s->from->g;
  const ag__node *n = &b->nodes[id];
  if (n->op == &ag__op_constant)
    s->map[id] = ag_constant(s->to->g, tn_view_of(n->constant, n->type.dtype, n->type.rank, n->type.shape));
  if (n->op->kind == AG_LEAF) return;
  for (uint32_t k = 0; k < n->n_in; k++) in[k] = s->map[ag__inputs_of(b, n)[k]];
  if (n->op->kind == AG_RANDOM) s->map[id] = copy_random(s, n);
  else s->map[id] = ag_emit(s->to->g, n->op, in, (int)n->n_in, &n->attr, NULL);
}

static void copy_body(mapper *s) {
  const ag_graph *b = s->from->g;
  uint32_t widest = 1;
  for (int k = 0; k < s->from->n_out; k++) s->needed[s->from->out[k].id] = true;
  for (uint32_t id = (uint32_t)b->n_nodes; id-- > 1;) {
    const ag__node *n = &b->nodes[id];
    for (uint32_t k = 0; s->needed[id] && k < n->n_in; k++) s->needed[ag__inputs_of(b, n)[k]] = true;
    if (s->needed[id] && n->n_in > widest) widest = n->n_in;
  }
  ag_ref *in = tn_calloc(s->g->alloc, widest, sizeof *in);
  if (!in) ag_fail(s->g, TN_ENOMEM, "out of memory for vmap");
  for (uint32_t id = 1; in && id < b->n_nodes && s->to->g->status == TN_OK; id++)
    if (s->needed[id]) copy_node(s, id, in);
  tn_free(s->g->alloc, in);
}

/* Maps the results from one example to all. */
static void map_results(mapper *s) {
  ag_graph *b = s->to->g;
  int n = s->from->n_out;
  ag_ref *one = tn_calloc(s->g->alloc, (size_t)n + 1, sizeof *one);
  if (!one || tn_grow(s->g->alloc, &s->to->out, &s->to->cap_out, (size_t)n + 1, sizeof *one) != TN_OK) {
    ag_fail(s->g, TN_ENOMEM, "out of memory for vmap");
  } else {
    for (int k = 0; k < n; k++) one[k] = s->map[s->from->out[k].id];
    /* n_many is 1 or more, else the loop is not mapped */
    ag_vmap(b, s->one, s->many, s->n_many, one, n, s->to->out);
    s->to->n_out = n;
  }
  tn_free(s->g->alloc, one);
}

static ag_ref map_loop(mapper *s, const ag_many *m) {
  ag_graph *g = s->g;
  ag_ref loop = {0}, *in = tn_calloc(g->alloc, (size_t)m->n + 1, sizeof *in);
  if (!in) return ag_fail(g, TN_ENOMEM, "out of memory for vmap"), loop;
  add_leaves(s, m, in);
  if (g->status == TN_OK) copy_body(s);
  if (g->status == TN_OK) map_results(s);
  if (ag_status(s->to->g) != TN_OK) ag_fail(g, ag_status(s->to->g), "%s", ag_error(s->to->g));
  if (g->status == TN_OK) loop = ag__body_loop(g, s->to, in);
  tn_free(g->alloc, in);
  return loop;
}

ag_ref ag__scan_many(ag_graph *g, ag_ref y, const ag_many *m) {
  ag__body *from = ag__body_of(ag_attr_of(g, y));
  mapper s = {.g = g, .from = from, .examples = m->examples};
  ag_ref loop = {0};
  s.map = tn_calloc(g->alloc, from->g->n_nodes, sizeof *s.map);
  s.needed = tn_calloc(g->alloc, from->g->n_nodes, sizeof *s.needed);
  s.one = tn_calloc(g->alloc, 2 * (size_t)m->n + 1, sizeof *s.one);
  s.many = s.one ? s.one + m->n : NULL;
  if (!s.map || !s.needed || !s.one) ag_fail(g, TN_ENOMEM, "out of memory for vmap");
  else if ((s.to = ag__body_new(g, from))) {
    s.to->random = from->random, s.to->stream = from->stream;
    loop = map_loop(&s, m);
  }
  tn_free(g->alloc, s.map);
  tn_free(g->alloc, s.needed);
  tn_free(g->alloc, s.one);
  return loop;
}

ag_ref ag__part_many(ag_graph *g, ag_ref y, const ag_many *m) {
  int k = (int)ag_attr_of(g, y)->i[1];
  ag_ref part = ag__body_part(g, m->in[0], k);
  return k < ag__body_of(ag_attr_of(g, y))->n_carry ? part : swapped(g, part);
}
