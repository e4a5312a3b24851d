/* fuse.c - elementwise nodes of one shape, connected by producer and consumer, become one unit, provided that
 * no value would have to leave the unit and come back (the unit stays convex). Nodes come in topological
 * order, so that nothing needs a unit when its last node arrives, unless through what that node joins. */
#include "autograd/plan/plan.h"

#include <string.h>

static uint64_t *row(const ag__reach *r, int unit) { return r->bits + (size_t)unit * (size_t)r->words; }
static void set_bit(ag__reach *r, int unit, int other) {
  row(r, unit)[other / 64] |= UINT64_C(1) << (other % 64);
}
static void clear_bit(ag__reach *r, int unit, int other) {
  row(r, unit)[other / 64] &= ~(UINT64_C(1) << (other % 64));
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

typedef struct fusion {
  ag__program *p;
  int *first, *next; /* the nodes of each unit: a list */
  int *readers;      /* per unit: operands of other units that it makes */
} fusion;

/* How many operands of `unit` does `other` make? */
static int count_reads(const fusion *f, int unit, int other) {
  const ag__program *p = f->p;
  int n = 0;
  for (int x = f->first[unit]; x >= 0; x = f->next[x])
    for (int k = 0; k < p->nodes[x].n_in; k++) n += ag__unit_of(p, ag__in(p, &p->nodes[x], k)) == other;
  return n;
}

/* Is there a way from `producer` to `consumer` through a third unit? It would end in an operand. */
static bool detour(const fusion *f, int producer, int consumer) {
  const ag__program *p = f->p;
  for (int x = f->first[consumer]; x >= 0; x = f->next[x])
    for (int k = 0; k < p->nodes[x].n_in; k++) {
      int c = ag__unit_of(p, ag__in(p, &p->nodes[x], k));
      if (c >= 0 && c != producer && c != consumer && ag__needs(&p->reach, c, producer)) return true;
    }
  return false;
}

/* `from` joins `into`: whoever needs one needs both. A merged unit does not need itself. */
static void merge(fusion *f, int into, int from) {
  ag__reach *r = &f->p->reach;
  bool needed = f->readers[into] > count_reads(f, from, into) || f->readers[from] > 0;
  uint64_t *a = row(r, into), *b = row(r, from);
  f->readers[into] += f->readers[from] - count_reads(f, from, into);
  for (int w = 0; w < r->words; w++) a[w] |= b[w];
  clear_bit(r, into, into);
  clear_bit(r, into, from);
  memset(b, 0, (size_t)r->words * sizeof *b);
  for (int d = 0; d < r->n && needed; d++) {
    if (d == into || !(ag__needs(r, d, into) || ag__needs(r, d, from))) continue;
    clear_bit(r, d, from);
    absorb(r, d, into);
  }
  int last = f->first[from];
  for (int x = last; x >= 0; x = f->next[x]) f->p->nodes[last = x].unit = into;
  f->next[last] = f->first[into];
  f->first[into] = f->first[from];
  f->first[from] = -1;
}

static bool fusable(const ag__program *p, int producer, const ag__pnode *consumer) {
  const ag__pnode *a = &p->nodes[producer];
  return a->op->kind == AG_ELEMENTWISE && consumer->op->kind == AG_ELEMENTWISE &&
         a->type.dtype == consumer->type.dtype &&
         tn_same_shape(a->type.rank, a->type.shape, consumer->type.rank, consumer->type.shape);
}

static void fuse_with_producers(fusion *f, int x) {
  ag__program *p = f->p;
  for (int k = 0; k < p->nodes[x].n_in; k++) {
    int producer = p->nodes[ag__in(p, &p->nodes[x], k)].root, unit = p->nodes[x].unit,
        other = p->nodes[producer].unit;
    if (other >= 0 && other != unit && fusable(p, producer, &p->nodes[x]) && !detour(f, other, unit))
      merge(f, other, unit);
  }
}

static void add_node(fusion *f, int x) {
  ag__program *p = f->p;
  const ag__pnode *node = &p->nodes[x];
  f->first[node->unit] = x;
  for (int k = 0; k < node->n_in; k++) {
    int other = ag__unit_of(p, ag__in(p, node, k));
    if (other < 0) continue;
    absorb(&p->reach, node->unit, other);
    f->readers[other]++;
  }
  if (!(p->flags & AG_NO_FUSE)) fuse_with_producers(f, x);
}

tn_status ag__fuse(ag__program *p) {
  fusion f = {.p = p};
  int n = 0;
  for (int i = 0; i < p->n_nodes; i++)
    if (p->nodes[i].op->kind != AG_LEAF && !(p->nodes[i].op->flags & AG_ALIAS)) p->nodes[i].unit = n++;
  p->reach.n = n;
  p->reach.words = (n + 63) / 64;
  p->reach.bits = tn_calloc(p->alloc, (size_t)n * (size_t)p->reach.words + 1, sizeof *p->reach.bits);
  f.first = tn_calloc(p->alloc, (size_t)n + 1, sizeof *f.first);
  f.readers = tn_calloc(p->alloc, (size_t)n + 1, sizeof *f.readers);
  f.next = tn_calloc(p->alloc, (size_t)p->n_nodes + 1, sizeof *f.next);
  tn_status status = p->reach.bits && f.first && f.readers && f.next ? TN_OK : TN_ENOMEM;
  for (int i = 0; i < n && status == TN_OK; i++) f.first[i] = -1;
  for (int i = 0; i < p->n_nodes && status == TN_OK; i++) {
    f.next[i] = -1;
    if (p->nodes[i].unit >= 0) add_node(&f, i);
  }
  tn_free(p->alloc, f.first);
  tn_free(p->alloc, f.readers);
  tn_free(p->alloc, f.next);
  return status;
}
