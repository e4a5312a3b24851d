/* order.c - decides which assigns may be computed straight into their leaf, and sorts the units so that every
 * reader of such a leaf comes before its writer. */
#include "autograd/plan/plan.h"

typedef struct sorter {
  ag__program *p;
  int *first_read,
      *next_read; /* per leaf, per operand (an index into p->inputs): the operands that are that leaf */
  int *reader;    /* per operand: the node */
  int *last;      /* per unit: its last node; -1: merged away */
  int *waits;     /* per unit: how many units it still needs */
  int *ready;     /* units that need none, the one whose last node came first at the end */
  int n_ready;
  int *alive, n_alive;
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

/* Within the writing unit only reads of the very element that is written next are safe. Elementwise ops read
 * no other: all values of a unit have the shape of the leaf. */
static bool can_write_in_place(const sorter *s, const ag__passign *a) {
  const ag__program *p = s->p;
  const ag__pnode *value = &p->nodes[a->value];
  int writer = value->unit;
  if (p->flags & (AG_NO_IN_PLACE | AG_TRAP_NONFINITE) || value->output || writer < 0 ||
      value->written_leaf >= 0)
    return false;
  for (int i = s->first_read[a->leaf]; i >= 0; i = s->next_read[i]) {
    const ag__pnode *x = &p->nodes[s->reader[i]];
    if (x->unit == writer ? x->op->kind != AG_ELEMENTWISE : ag__needs(&p->reach, x->unit, writer))
      return false;
  }
  return true;
}

static void place_assigns(sorter *s) {
  ag__program *p = s->p;
  for (int k = 0; k < p->n_assigns; k++) {
    ag__passign *a = &p->assigns[k];
    if (!can_write_in_place(s, a)) continue;
    a->in_place = true;
    p->nodes[a->value].written_leaf = a->leaf;
    int writer = p->nodes[a->value].unit;
    for (int i = s->first_read[a->leaf]; i >= 0; i = s->next_read[i]) {
      int unit = p->nodes[s->reader[i]].unit;
      if (unit != writer && !ag__needs(&p->reach, writer, unit)) ag__add_need(&p->reach, writer, unit);
    }
  }
}

static void add_ready(sorter *s, int unit) {
  int k = s->n_ready++;
  for (; k > 0 && s->last[s->ready[k - 1]] < s->last[unit]; k--) s->ready[k] = s->ready[k - 1];
  s->ready[k] = unit;
}

static void count_needs(sorter *s) {
  const ag__reach *r = &s->p->reach;
  for (int i = 0; i < s->n_alive; i++) {
    int u = s->alive[i];
    for (int o = 0; o < s->n_alive; o++) s->waits[u] += ag__needs(r, u, s->alive[o]);
    if (s->waits[u] == 0) add_ready(s, u);
  }
}

/* Of the units whose needs are done, the one whose last node was appended first comes next. */
static void sort_units(sorter *s) {
  ag__program *p = s->p;
  count_needs(s);
  while (s->n_ready > 0) {
    int u = s->ready[--s->n_ready];
    p->units[p->n_units] = (ag__unit){.id = u, .panel = -1};
    s->position[u] = p->n_units++;
    for (int i = 0; i < s->n_alive; i++)
      if (ag__needs(&p->reach, s->alive[i], u) && --s->waits[s->alive[i]] == 0) add_ready(s, s->alive[i]);
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
  int **arrays[] = {&s->last,     &s->waits,      &s->ready,     &s->alive,
                    &s->position, &s->first_read, &s->next_read, &s->reader};
  const size_t sizes[] = {units, units, units, units, units, leaves, operands, operands};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
    if (!(*arrays[i] = tn_calloc(p->alloc, sizes[i], sizeof **arrays[i]))) return TN_ENOMEM;
  p->units = tn_calloc(p->alloc, units, sizeof *p->units);
  p->order = tn_calloc(p->alloc, (size_t)p->n_nodes + 1, sizeof *p->order);
  return p->units && p->order ? TN_OK : TN_ENOMEM;
}

tn_status ag__order(ag__program *p) {
  sorter s = {.p = p};
  tn_status status = allocate(&s);
  if (status == TN_OK) {
    for (int u = 0; u < p->reach.n; u++) s.last[u] = -1;
    for (int x = 0; x < p->n_nodes; x++)
      if (p->nodes[x].unit >= 0) s.last[p->nodes[x].unit] = x;
    for (int u = 0; u < p->reach.n; u++)
      if (s.last[u] >= 0) s.alive[s.n_alive++] = u;
    list_reads(&s);
    place_assigns(&s);
    sort_units(&s);
    list_nodes(&s);
  }
  int *arrays[] = {s.last, s.waits, s.ready, s.alive, s.position, s.first_read, s.next_read, s.reader};
  for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) tn_free(p->alloc, arrays[i]);
  return status;
}
