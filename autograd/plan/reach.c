/* reach.c - which unit needs which. Units are in a list that is a topological order at all times; a unit that
 * shall come before another is moved there. To know whether one unit needs another, only the units between
 * the two are searched, and no transitive closure is stored. Positions in the list are compared by labels
 * with gaps for units that are moved in (Bender et al. 2002, "Two simplified algorithms for maintaining order
 * in a list"). */
#include "autograd/plan/heap.h"
#include "autograd/plan/plan.h"

enum {
  LABEL_BITS = 62,
  PATIENCE = 512,   /* operands that each search may visit, */
  SAVINGS = 1 << 19 /* further ones, for all searches of a program together */
};

static bool precedes(const ag__reach *r, int unit, int other) { return r->label[unit] < r->label[other]; }

/* ---- the list; r->n is its head ---- */

static void insert_before(ag__reach *r, int unit, int place) {
  int before = r->before[place];
  r->before[unit] = before;
  r->after[unit] = place;
  r->after[before] = r->before[place] = unit;
}

static void take_out(ag__reach *r, int unit) {
  r->after[r->before[unit]] = r->after[unit];
  r->before[r->after[unit]] = r->before[unit];
}

/* Spreads the labels around `unit` evenly, in the smallest range of 2^bits labels with fewer than (4/3)^bits
 * units. */
static void spread(ag__reach *r, int unit) {
  double room = 1;
  for (int bits = 1; bits <= LABEL_BITS; bits++) {
    uint64_t mask = (UINT64_C(1) << bits) - 1, low = r->label[unit] & ~mask, count = 1;
    int first = unit, last = unit;
    for (int u = r->before[first]; u != r->n && r->label[u] >= low; u = r->before[u]) first = u, count++;
    for (int u = r->after[last]; u != r->n && r->label[u] <= (low | mask); u = r->after[u]) last = u, count++;
    room *= 4.0 / 3;
    if ((double)count >= room && bits < LABEL_BITS) continue;
    uint64_t gap = (mask + 1) / (count + 1), label = low + gap;
    for (int u = first; u != r->after[last]; u = r->after[u], label += gap) r->label[u] = label;
    return;
  }
}

static void put_before(ag__reach *r, int unit, int place) {
  uint64_t low = r->before[place] == r->n ? 0 : r->label[r->before[place]];
  if (r->label[place] - low < 2) {
    spread(r, place);
    low = r->before[place] == r->n ? 0 : r->label[r->before[place]];
  }
  insert_before(r, unit, place);
  r->label[unit] = low + (r->label[place] - low) / 2;
}

/* ---- life ---- */

tn_status ag__reach_init(ag__reach *r, const ag__program *p, int n_units) {
  const tn_alloc *a = p->alloc;
  size_t n = (size_t)n_units + 1;
  *r = (ag__reach){.n = n_units, .savings = SAVINGS};
  int **per_unit[] = {&r->first, &r->last,  &r->size,       &r->before, &r->after,
                      &r->mark,  &r->found, &r->first_need, &r->walk};
  for (size_t i = 0; i < sizeof per_unit / sizeof *per_unit; i++)
    if (!(*per_unit[i] = tn_calloc(a, n, sizeof **per_unit[i]))) return TN_ENOMEM;
  r->label = tn_calloc(a, n, sizeof *r->label);
  r->next = tn_calloc(a, (size_t)p->n_nodes + 1, sizeof *r->next);
  if (!r->label || !r->next) return TN_ENOMEM;
  for (int u = 0; u < n_units; u++) r->first[u] = r->last[u] = r->first_need[u] = -1;
  r->before[n_units] = r->after[n_units] = n_units;
  r->gap = (UINT64_C(1) << LABEL_BITS) / (n + 1);
  return TN_OK;
}

void ag__reach_free(ag__reach *r, const tn_alloc *a) {
  int *per_unit[] = {r->first, r->last,  r->size,       r->before, r->after,
                     r->mark,  r->found, r->first_need, r->walk,   r->next};
  for (size_t i = 0; i < sizeof per_unit / sizeof *per_unit; i++) tn_free(a, per_unit[i]);
  tn_free(a, r->label);
  tn_free(a, r->needs);
  *r = (ag__reach){0};
}

void ag__reach_append(ag__reach *r, int unit, int node) {
  int end = r->before[r->n];
  r->first[unit] = r->last[unit] = node;
  r->next[node] = -1;
  r->size[unit] = 1;
  r->label[unit] = (end == r->n ? 0 : r->label[end]) + r->gap;
  insert_before(r, unit, r->n);
}

tn_status ag__reach_need(ag__reach *r, const tn_alloc *a, int unit, int other) {
  tn_status status = tn_grow(a, &r->needs, &r->cap_needs, r->n_needs + 1, sizeof *r->needs);
  if (status != TN_OK) return status;
  r->needs[r->n_needs] = (ag__need){other, unit, r->first_need[unit]};
  r->first_need[unit] = (int)r->n_needs++;
  return TN_OK;
}

/* ---- searches ---- */

typedef struct search {
  ag__reach *r;
  int limit;     /* the unit that must not be found */
  ag__heap walk; /* units whose operands are still to be visited, the nearest to the limit first, since paths
                  * to it are mostly short */
  int n_found;   /* units in r->found */
  int64_t patience;
} search;

/* False: the limit was found, or the patience is used up. */
static bool look_at(search *s, int unit, bool direct) {
  ag__reach *r = s->r;
  if (--s->patience < 0) return false;
  if (unit == s->limit) return direct;
  if (r->mark[unit] == r->stamp || precedes(r, unit, s->limit)) return true;
  r->mark[unit] = r->stamp;
  r->found[s->n_found++] = unit;
  ag__heap_push(&s->walk, unit);
  return true;
}

static bool look_at_needs(search *s, const ag__program *p, int unit, bool direct) {
  const ag__reach *r = s->r;
  for (int x = r->first[unit]; x >= 0; x = r->next[x])
    for (int k = 0; k < p->nodes[x].n_in; k++) {
      int other = ag__unit_of(p, ag__in(p, &p->nodes[x], k));
      if (other >= 0 && other != unit && !look_at(s, other, direct)) return false;
    }
  for (int k = r->first_need[unit]; k >= 0; k = r->needs[k].next)
    if (!look_at(s, r->needs[k].unit, direct)) return false;
  return true;
}

static void sort_found(ag__reach *r, int n) { /* by position; shell sort, as it needs no memory and there are
                                               * few units */
  int gaps = 1;
  while (gaps < n / 3) gaps = 3 * gaps + 1;
  for (int gap = gaps; gap > 0; gap /= 3)
    for (int i = gap; i < n; i++) {
      int u = r->found[i], k = i;
      for (; k >= gap && precedes(r, u, r->found[k - gap]); k -= gap) r->found[k] = r->found[k - gap];
      r->found[k] = u;
    }
}

bool ag__reach_precede(ag__reach *r, const ag__program *p, int unit, int other, bool joined) {
  search s = {.r = r,
              .limit = other,
              .walk = {r->walk, r->label, 0},
              .patience = r->savings > PATIENCE ? r->savings : PATIENCE};
  int64_t before = s.patience;
  bool apart = true;
  if (precedes(r, unit, other)) return true;
  r->mark[unit] = ++r->stamp;
  if (!joined) r->found[s.n_found++] = unit;
  ag__heap_push(&s.walk, unit);
  for (bool first = true; s.walk.n > 0 && apart; first = false)
    apart = look_at_needs(&s, p, ag__heap_pop(&s.walk), joined && first);
  if (r->savings > PATIENCE) r->savings -= before - s.patience;
  if (!apart) return false;
  sort_found(r, s.n_found);
  for (int i = 0; i < s.n_found; i++) take_out(r, r->found[i]);
  for (int i = 0; i < s.n_found; i++) put_before(r, r->found[i], other);
  return true;
}

void ag__reach_merge(ag__reach *r, int into, int from) {
  take_out(r, from);
  r->next[r->last[into]] = r->first[from];
  r->last[into] = r->last[from];
  r->size[into] += r->size[from];
  r->first[from] = -1;
}
