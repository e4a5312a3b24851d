/* fuse.c - elementwise nodes of one shape, connected by producer and consumer, become one unit, provided that
 * no value would have to leave the unit and come back (the unit stays convex). */
#include "autograd/plan/plan.h"

#include <string.h>

static uint64_t *row(const ag__reach *r, int unit) { return r->bits + (size_t)unit * (size_t)r->words; }
static void set_bit(ag__reach *r, int unit, int other) {
  row(r, unit)[other / 64] |= UINT64_C(1) << (other % 64);
}

static void absorb(ag__reach *r, int unit, int other) {
  uint64_t *to = row(r, unit);
  const uint64_t *from = row(r, other);
  for (int w = 0; w < r->words; w++) to[w] |= from[w];
  set_bit(r, unit, other);
}

void ag__add_need(ag__reach *r, int unit, int other) {
  absorb(r, unit, other);
  for (int d = 0; d < r->n; d++)
    if (ag__needs(r, d, unit)) absorb(r, d, unit);
}

/* Is there a way from `producer` to `consumer` through a third unit? */
static bool detour(const ag__reach *r, int producer, int consumer) {
  for (int c = 0; c < r->n; c++)
    if (c != producer && ag__needs(r, consumer, c) && ag__needs(r, c, producer)) return true;
  return false;
}

/* `from` joins `into`: whoever needs one needs both. A merged unit does not need itself. */
static void merge(ag__program *p, int into, int from) {
  ag__reach *r = &p->reach;
  uint64_t *a = row(r, into), *b = row(r, from);
  for (int w = 0; w < r->words; w++) a[w] |= b[w];
  a[into / 64] &= ~(UINT64_C(1) << (into % 64));
  a[from / 64] &= ~(UINT64_C(1) << (from % 64));
  memset(b, 0, (size_t)r->words * sizeof *b);
  for (int d = 0; d < r->n; d++) {
    if (d == into || !(ag__needs(r, d, into) || ag__needs(r, d, from))) continue;
    row(r, d)[from / 64] &= ~(UINT64_C(1) << (from % 64));
    absorb(r, d, into);
  }
  for (int i = 0; i < p->n_nodes; i++)
    if (p->nodes[i].unit == from) p->nodes[i].unit = into;
}

static bool fusable(const ag__program *p, int producer, const ag__pnode *consumer) {
  const ag__pnode *a = &p->nodes[producer];
  return a->op->kind == AG_ELEMENTWISE && consumer->op->kind == AG_ELEMENTWISE &&
         a->type.dtype == consumer->type.dtype &&
         tn_same_shape(a->type.rank, a->type.shape, consumer->type.rank, consumer->type.shape);
}

static void fuse_with_producers(ag__program *p, int x) {
  for (int k = 0; k < p->nodes[x].n_in; k++) {
    int producer = p->nodes[ag__in(p, &p->nodes[x], k)].root, unit = p->nodes[x].unit,
        other = p->nodes[producer].unit;
    if (other >= 0 && other != unit && fusable(p, producer, &p->nodes[x]) && !detour(&p->reach, other, unit))
      merge(p, other, unit);
  }
}

tn_status ag__fuse(ag__program *p) {
  int n = 0;
  for (int i = 0; i < p->n_nodes; i++)
    if (p->nodes[i].op->kind != AG_LEAF && !(p->nodes[i].op->flags & AG_ALIAS)) p->nodes[i].unit = n++;
  p->reach.n = n;
  p->reach.words = (n + 63) / 64;
  p->reach.bits = tn_calloc(p->alloc, (size_t)n * (size_t)p->reach.words + 1, sizeof *p->reach.bits);
  if (!p->reach.bits) return TN_ENOMEM;
  for (int i = 0; i < p->n_nodes; i++) {
    const ag__pnode *node = &p->nodes[i];
    for (int k = 0; k < node->n_in && node->unit >= 0; k++) {
      int other = ag__unit_of(p, ag__in(p, node, k));
      if (other >= 0 && other != node->unit) ag__add_need(&p->reach, node->unit, other);
    }
    if (node->unit >= 0 && !(p->flags & AG_NO_FUSE)) fuse_with_producers(p, i);
  }
  return TN_OK;
}
