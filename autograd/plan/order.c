/* order.c - decides which assigns can be computed straight into their leaf, and sorts the units so that all
 * readers of such a leaf come before its writer. */
#include "autograd/plan/heap.h"
#include "autograd/plan/plan.h"

typedef struct sorter {
  ag__program *p;
  int *first_read,
      *next_read; /* lists of the operands (indices into p->inputs) that read a leaf: first per leaf, next per
                   * operand */
  int *reader;    /* per operand: the node that reads it */
  uint64_t *last; /* per unit: its last node + 1; 0: merged away */
  int *waits;     /* per unit: operands that are not computed yet */
  int *ready;     /* units with all operands computed: a heap by last node */
  int *first_use, *next_use, *user; /* per unit, per use: the units that need it */
  int *position;
} sorter;

static void list_reads(sorter *s) {
  const ag__program *p = s->p;
  for (int leaf = 0; leaf < p->n_leaves; leaf++) s->first_read[leaf] = -1;
  for (int x = 0; x < p->n_nodes; x++)
    for (int k = 0; k < p->nodes[x].n_in && p->nodes[x].unit >= 0; k++) {
      int i = p->nodes[x].first_in + k, leaf = p->nodes[p->nodes[p->inputs[i]].root].leaf;
      if (leaf < 0) continue;
      s->reader[i] = x;
      s->next_read[i] = s->first_read[leaf];
      s->first_read[leaf] = i;
    }
}

/* In the writing unit a read is safe only if it is of the element that is written next. Elementwise ops read
 * no other element, as all values of a unit have the shape of the leaf. */
static bool can_write_in_place(const sorter *s, const ag__passign *a) {
  ag__program *p = s->p;
  const ag__pnode *value = &p->nodes[a->value];
  int writer = value->unit;
  if (p->flags & (AG_NO_IN_PLACE | AG_TRAP_NONFINITE) || value->output || writer < 0 ||
      value->written_leaf >= 0)
    return false;
  for (int i = s->first_read[a->leaf]; i >= 0; i = s->next_read[i]) {
    const ag__pnode *x = &p->nodes[s->reader[i]];
    if (x->unit == writer ? x->op->kind != AG_ELEMENTWISE
                          : !ag__reach_precede(&p->reach, p, x->unit, writer, false))
      return false;
  }
  return true;
}

static tn_status place_assigns(sorter *s) {
  ag__program *p = s->p;
  for (int k = 0; k < p->n_assigns; k++) {
    ag__passign *a = &p->assigns[k];
    if (!can_write_in_place(s, a)) continue;
    a->in_place = true;
    p->nodes[a->value].written_leaf = a->leaf;
    int writer = p->nodes[a->value].unit;
    for (int i = s->first_read[a->leaf]; i >= 0; i = s->next_read[i]) {
      int unit = p->nodes[s->reader[i]].unit;
      if (unit != writer && ag__reach_need(&p->reach, p->alloc, writer, unit) != TN_OK) return TN_ENOMEM;
    }
  }
  return TN_OK;
}

static void add_use(sorter *s, int unit, int user, int *n) {
  if (unit < 0 || unit == user) return;
  s->user[*n] = user;
  s->next_use[*n] = s->first_use[unit];
  s->first_use[unit] = (*n)++;
  s->waits[user]++;
}

static tn_status list_uses(sorter *s) {
  const ag__program *p = s->p;
  const ag__reach *r = &p->reach;
  size_t room = p->n_inputs + r->n_needs + 1;
  int n = 0;
  s->next_use = tn_calloc(p->alloc, room, sizeof *s->next_use);
  s->user = tn_calloc(p->alloc, room, sizeof *s->user);
  if (!s->next_use || !s->user) return TN_ENOMEM;
  for (int u = 0; u < r->n; u++) s->first_use[u] = -1;
  for (int x = 0; x < p->n_nodes; x++)
    for (int k = 0; k < p->nodes[x].n_in && p->nodes[x].unit >= 0; k++)
      add_use(s, ag__unit_of(p, ag__in(p, &p->nodes[x], k)), p->nodes[x].unit, &n);
  for (size_t k = 0; k < r->n_needs; k++) add_use(s, r->needs[k].unit, r->needs[k].by, &n);
  return TN_OK;
}

/* Next comes, of the units whose operands are computed, the one whose last node was appended first. */
static void sort_units(sorter *s) {
  ag__program *p = s->p;
  ag__heap ready = {s->ready, s->last, 0};
  for (int u = 0; u < p->reach.n; u++)
    if (s->last[u] && s->waits[u] == 0) ag__heap_push(&ready, u);
  while (ready.n > 0) {
    int u = ag__heap_pop(&ready);
    p->units[p->n_units] = (ag__unit){.id = u, .panel = -1};
    s->position[u] = p->n_units++;
    for (int k = s->first_use[u]; k >= 0; k = s->next_use[k])
      if (--s->waits[s->user[k]] == 0) ag__heap_push(&ready, s->user[k]);
  }
}

static void list_nodes(sorter *s) {
  ag__program *p = s->p;
  int filled = 0;
  for (int x = 0; x < p->n_nodes; x++)
    if (p->nodes[x].unit >= 0) p->units[p->nodes[x].unit = s->position[p->nodes[x].unit]].n++;
  for (int u = 0; u < p->n_units; filled += p->units[u++].n) p->units[u].first = filled;
  for (int u = 0; u < p->n_units; u++) p->units[u].n = 0;
  for (int x = 0; x < p->n_nodes; x++) {
    if (p->nodes[x].unit < 0) continue;
    ag__unit *u = &p->units[p->nodes[x].unit];
    u->fused = p->nodes[x].op->kind == AG_ELEMENTWISE;
    p->order[u->first + u->n++] = x;
  }
}

static tn_status allocate(sorter *s) {
  ag__program *p = s->p;
  size_t units = (size_t)p->reach.n + 1, leaves = (size_t)p->n_leaves + 1, operands = p->n_inputs + 1;
  int **arrays[] = {&s->waits,      &s->ready,     &s->first_use, &s->position,
                    &s->first_read, &s->next_read, &s->reader};
  const size_t sizes[] = {units, units, units, units, leaves, operands, operands};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
    if (!(*arrays[i] = tn_calloc(p->alloc, sizes[i], sizeof **arrays[i]))) return TN_ENOMEM;
  s->last = tn_calloc(p->alloc, units, sizeof *s->last);
  p->units = tn_calloc(p->alloc, units, sizeof *p->units);
  p->order = tn_calloc(p->alloc, (size_t)p->n_nodes + 1, sizeof *p->order);
  return s->last && p->units && p->order ? TN_OK : TN_ENOMEM;
}

tn_status ag__order(ag__program *p) {
  sorter s = {.p = p};
  tn_status status = allocate(&s);
  if (status == TN_OK) {
    for (int x = 0; x < p->n_nodes; x++)
      if (p->nodes[x].unit >= 0) s.last[p->nodes[x].unit] = (uint64_t)x + 1;
    list_reads(&s);
    status = place_assigns(&s);
  }
  if (status == TN_OK) status = list_uses(&s);
  if (status == TN_OK) {
    sort_units(&s);
    list_nodes(&s);
  }
  int *arrays[] = {s.waits,     s.ready,  s.first_use, s.position, s.first_read,
                   s.next_read, s.reader, s.next_use,  s.user};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) tn_free(p->alloc, arrays[i]);
  tn_free(p->alloc, s.last);
  return status;
}
