/* nest.c - loops: the body is compiled to a plan of its own, for the results that are read. The value of the
 * loop node holds the carried values and the kept results of all steps, side by side; a `part` node is an
 * alias into it. In the nested plan both are states, and assigns write them in place. */
#include "autograd/plan/plan.h"
#include "autograd/scan/body.h"

#include <stdio.h>
#include <string.h>

enum { ALIGNMENT = 64 };

typedef struct nester {
  ag__program *p;
  ag__loop *loop;
  ag__body *body;
  bool *live;         /* per result */
  ag__update *update; /* per live result */
  size_t n_updates;
} nester;

static size_t bytes_of(const ag_type *t) {
  return (size_t)tn_numel(t->rank, t->shape) * tn_dtype_size(t->dtype);
}

/* A value that shares the memory of a leaf is copied, as in assign. */
static ag_ref value_of(ag_graph *g, ag_ref value) {
  return ag__is_leaf(g, ag__root(g, value)) ? ag__copy(g, value) : value;
}

static ag_ref state_of(ag__body *b, int k) {
  char name[32];
  ag_type t = ag_type_of(b->g, b->out[k]);
  if (k < b->n_carry) return b->in[k];
  snprintf(name, sizeof name, "result %d", k);
  return ag_state(b->g, name, t.dtype, t.rank, t.shape);
}

static void bind(nester *n, ag_ref leaf, int operand, size_t offset, bool steps) {
  const ag__node *node = ag__node_of(n->body->g, leaf);
  int found = ag_plan_find_leaf(n->loop->plan, node->name);
  size_t bytes = bytes_of(&node->type);
  if (found >= 0)
    n->loop->bound[n->loop->n_bound++] = (ag__bound){found, operand, offset, bytes, steps ? bytes : 0};
}

/* Binds the leaves of the nested plan. Carried values start as copies of the loop's operands. */
static void bind_all(nester *n) {
  ag__body *b = n->body;
  ag__loop *l = n->loop;
  for (int k = 0; k < b->n_carry; k++)
    if (n->live[k]) bind(n, b->in[k], k, l->offset[k], false);
  l->n_carried = l->n_bound;
  for (int k = b->n_carry; k < b->n_out; k++)
    if (n->live[k]) bind(n, state_of(b, k), -1, l->offset[k], true);
  for (int k = 0; k < b->n_each; k++) bind(n, b->in[b->n_carry + k], b->n_carry + k, 0, true);
  for (int k = b->n_carry + b->n_each; k < b->n_carry + b->n_each + b->n_shared; k++)
    bind(n, b->in[k], k, 0, false);
}

static tn_status lay_out(nester *n) {
  ag__body *b = n->body;
  size_t total = 0;
  for (int k = 0; k < b->n_out; k++) {
    if (!n->live[k]) continue;
    ag_type t = ag__part_type(b, k);
    n->loop->offset[k] = total;
    total += (bytes_of(&t) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (total > SIZE_MAX / 4) return TN_ENOMEM;
    n->update[n->n_updates++] = (ag__update){state_of(b, k), value_of(b->g, b->out[k])};
  }
  n->p->nodes[n->loop->node].type = (ag_type){.dtype = TN_U8, .rank = 1, .shape = {(int64_t)total}};
  return ag_status(b->g);
}

static tn_status nest_one(ag__program *p, ag__loop *l, bool *live) {
  ag__body *b = ag__body_of(&p->nodes[l->node].attr);
  size_t leaves = (size_t)b->n_carry + (size_t)b->n_each + (size_t)b->n_shared + (size_t)b->n_out + 1;
  nester n = {.p = p, .loop = l, .body = b, .live = live};
  n.update = tn_calloc(p->alloc, (size_t)b->n_out + 1, sizeof *n.update);
  l->bound = tn_calloc(p->alloc, leaves, sizeof *l->bound);
  tn_status status = n.update && l->bound ? TN_OK : TN_ENOMEM;
  l->length = b->length;
  l->reverse = b->reverse;
  bool *needed = tn_calloc(p->alloc, b->g->n_nodes, sizeof *needed);
  if (status == TN_OK) status = needed ? ag__body_needs(b, p->alloc, live, needed) : TN_ENOMEM;
  tn_free(p->alloc, needed);
  if (status == TN_OK) status = lay_out(&n);
  if (status == TN_OK)
    status = ag__compile(b->g, &(ag__request){.updates = n.update, .n_updates = n.n_updates},
                         p->flags & ~(unsigned)AG_WITH_EFFECTS, &l->plan);
  if (status == TN_OK) bind_all(&n);
  tn_free(p->alloc, n.update);
  return status;
}

/* Sets where an alias starts in its root's memory. */
static void place_parts(ag__program *p) {
  for (int x = 0; x < p->n_nodes; x++) {
    ag__pnode *n = &p->nodes[x];
    if (!(n->op->flags & AG_ALIAS)) continue;
    n->within = p->nodes[ag__in(p, n, 0)].within;
    if (n->op == &ag__op_part) n->within = p->loops[p->nodes[n->root].loop - 1].offset[n->attr.i[1]];
  }
}

static tn_status list_loops(ag__program *p) {
  int n = 0;
  for (int x = 0; x < p->n_nodes; x++) n += p->nodes[x].op->kind == AG_LOOP;
  if (n == 0) return TN_OK;
  if (!(p->loops = tn_calloc(p->alloc, (size_t)n, sizeof *p->loops))) return TN_ENOMEM;
  for (int x = 0; x < p->n_nodes; x++) {
    if (p->nodes[x].op->kind != AG_LOOP) continue;
    ag__body *b = ag__body_of(&p->nodes[x].attr);
    ag__loop *l = &p->loops[p->n_loops++];
    *l = (ag__loop){.node = x};
    p->nodes[x].loop = p->n_loops;
    p->nodes[x].stream = b->stream;
    if (!(l->offset = tn_calloc(p->alloc, (size_t)b->n_out + 1, sizeof *l->offset))) return TN_ENOMEM;
  }
  return TN_OK;
}

tn_status ag__nest(ag__program *p) {
  tn_status status = list_loops(p);
  for (int i = 0; i < p->n_loops && status == TN_OK; i++) {
    ag__loop *l = &p->loops[i];
    bool *live = tn_calloc(p->alloc, (size_t)ag__body_of(&p->nodes[l->node].attr)->n_out + 1, sizeof *live);
    if (!live) return TN_ENOMEM;
    for (int x = l->node; x < p->n_nodes; x++)
      if (p->nodes[x].op == &ag__op_part && p->nodes[x].root == l->node) live[p->nodes[x].attr.i[1]] = true;
    status = nest_one(p, l, live);
    tn_free(p->alloc, live);
  }
  if (status == TN_OK) place_parts(p);
  return status;
}

void ag__loops_free(ag__program *p) {
  for (int i = 0; i < p->n_loops; i++) {
    tn_free(p->alloc, p->loops[i].offset);
    tn_free(p->alloc, p->loops[i].bound);
    ag_plan_free(p->loops[i].plan);
  }
  tn_free(p->alloc, p->loops);
}
