/* fuse.c - merges elementwise nodes of one shape, producer with consumer, into units. A unit must stay
 * convex: no path may leave it and come back. Nodes are visited in topological order, so when a node is added
 * nothing depends on its unit yet, except through the unit that it joins. */
#include "autograd/plan/plan.h"

enum { LARGEST_UNIT = 128 /* nodes: the blocks of one unit should stay in cache */ };

static bool fusable(const ag__program *p, int producer, const ag__pnode *consumer) {
  const ag__pnode *a = &p->nodes[producer];
  return a->op->kind == AG_ELEMENTWISE && consumer->op->kind == AG_ELEMENTWISE &&
         a->type.dtype == consumer->type.dtype &&
         tn_same_shape(a->type.rank, a->type.shape, consumer->type.rank, consumer->type.shape);
}

/* Whether the merge would move the copy of a recomputed part to the place of older nodes, and so compute it
 * too early. */
static bool too_early(const ag__program *p, int unit, int into) {
  const ag__reach *r = &p->reach;
  uint32_t copied = 0, oldest = UINT32_MAX;
  if (!p->copies) return false;
  for (int y = r->first[unit]; y >= 0; y = r->next[y])
    if (p->nodes[y].copied > copied) copied = p->nodes[y].copied;
  if (!copied) return false;
  for (int y = r->first[into]; y >= 0; y = r->next[y])
    if (p->nodes[y].id < oldest) oldest = p->nodes[y].id;
  return oldest < copied;
}

/* Merges the units of x and of its k-th operand if everything else that x's unit needs can come before
 * both. */
static void try_merge(ag__program *p, int x, int k) {
  ag__reach *r = &p->reach;
  int producer = p->nodes[ag__in(p, &p->nodes[x], k)].root, unit = p->nodes[x].unit,
      into = p->nodes[producer].unit;
  if (into < 0 || into == unit || !fusable(p, producer, &p->nodes[x])) return;
  if (r->size[into] + r->size[unit] > LARGEST_UNIT || too_early(p, unit, into) ||
      !ag__reach_precede(r, p, unit, into, true))
    return;
  for (int y = r->first[unit]; y >= 0; y = r->next[y]) p->nodes[y].unit = into;
  ag__reach_merge(r, into, unit);
}

tn_status ag__fuse(ag__program *p) {
  int n = 0;
  for (int i = 0; i < p->n_nodes; i++)
    if (p->nodes[i].op->kind != AG_LEAF && !(p->nodes[i].op->flags & AG_ALIAS) && !p->nodes[i].window)
      p->nodes[i].unit = n++;
  if (ag__reach_init(&p->reach, p, n) != TN_OK) return TN_ENOMEM;
  for (int x = 0; x < p->n_nodes; x++) {
    if (p->nodes[x].unit < 0) continue;
    ag__reach_append(&p->reach, p->nodes[x].unit, x);
    for (int k = 0; k < p->nodes[x].n_in && !(p->flags & AG_NO_FUSE); k++) try_merge(p, x, k);
  }
  return TN_OK;
}
