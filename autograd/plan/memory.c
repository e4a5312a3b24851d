/* memory.c - places every value that outlives its unit in one arena: live intervals, largest first, at the
 * lowest offset that is free for the whole interval. More than FEW values, for which this would take long,
 * are placed in the order in which they begin, each at the lowest offset that is free at that time (free.c).
 * Most values of such a plan have one size, and for values of one size no order is better. */
#include "autograd/plan/free.h"
#include "autograd/plan/plan.h"

#include <string.h>

typedef struct interval {
  int node, first, last; /* units */
  size_t bytes, offset;
} interval;

enum { ALIGNMENT = 64, FEW = 4096 /* values */ };

static size_t size_of(const ag__pnode *n) {
  size_t bytes = (size_t)tn_numel(n->type.rank, n->type.shape) * tn_dtype_size(n->type.dtype);
  return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* The units of a panel are interleaved: a value of any of them lives from the first unit of the panel to its
 * last. */
static int begin(const ag__program *p, int unit) {
  return p->units[unit].panel < 0 ? unit : p->panels[p->units[unit].panel].first;
}
static int end(const ag__program *p, int unit) {
  const ag__panel *q = p->units[unit].panel < 0 ? NULL : &p->panels[p->units[unit].panel];
  return q ? q->first + q->n - 1 : unit;
}

/* last[r]: the last unit that reads the value of root r outside its own unit; -1 = none. */
static void find_last_uses(const ag__program *p, int *last) {
  for (int x = 0; x < p->n_nodes; x++) last[x] = -1;
  for (int x = 0; x < p->n_nodes; x++) {
    const ag__pnode *n = &p->nodes[x];
    for (int k = 0; k < n->n_in && n->unit >= 0; k++) {
      int root = p->nodes[ag__in(p, n, k)].root;
      int until = end(p, n->unit);
      if (p->nodes[root].unit != n->unit && until > last[root]) last[root] = until;
    }
  }
  for (int x = 0; x < p->n_nodes; x++)
    if (p->nodes[x].output) last[p->nodes[x].root] = p->n_units;
  for (int i = 0; i < p->n_assigns; i++)
    if (!p->assigns[i].in_place) last[p->nodes[p->assigns[i].value].root] = p->n_units;
}

static void put_in_panel(ag__panel *q, ag__pnode *n) {
  size_t row = (size_t)tn_numel(n->type.rank, n->type.shape) * tn_dtype_size(n->type.dtype) / (size_t)q->rows;
  n->place = AG__PANEL;
  n->offset = q->bytes;
  q->bytes += (row * (size_t)q->height + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static int collect(ag__program *p, const int *last, interval *list) {
  int n = 0;
  for (int x = 0; x < p->n_nodes; x++) {
    ag__pnode *node = &p->nodes[x];
    if (node->unit < 0) continue; /* leaves, constants, aliases */
    if (node->written_leaf >= 0) {
      node->place = AG__LEAF;
      node->leaf = node->written_leaf;
    } else if (last[x] >= 0 || !p->units[node->unit].fused) {
      int first = begin(p, node->unit), until = end(p, node->unit);
      if (end(p, node->unit) != node->unit) { /* only the panel's last unit has readers outside */
        put_in_panel(&p->panels[p->units[node->unit].panel], node);
        continue;
      }
      if (last[x] > until) until = last[x];
      node->place = AG__ARENA;
      list[n++] = (interval){x, first, p->flags & AG_NO_REUSE ? p->n_units : until, size_of(node), 0};
    }
  }
  return n;
}

/* ---- few values ---- */

static void sort_by_size(interval *list, interval *other, int n) { /* merge sort: stable */
  for (int width = 1; width < n; width *= 2) {
    for (int from = 0; from < n; from += 2 * width) {
      int middle = from + width < n ? from + width : n, end = middle + width < n ? middle + width : n;
      for (int a = from, b = middle, to = from; to < end; to++)
        other[to] = b == end || (a < middle && list[a].bytes >= list[b].bytes) ? list[a++] : list[b++];
    }
    memcpy(list, other, (size_t)n * sizeof *list);
  }
}

/* The lowest offset at which v overlaps none of placed[0..n) (sorted by offset) that live at the same
 * time. */
static size_t lowest_free(const interval *placed, int n, const interval *v) {
  size_t at = 0;
  for (int k = 0; k < n && placed[k].offset < at + v->bytes; k++) {
    bool together = placed[k].first <= v->last && v->first <= placed[k].last;
    if (together && at < placed[k].offset + placed[k].bytes) at = placed[k].offset + placed[k].bytes;
  }
  return at;
}

static void place_by_size(interval *list, interval *placed, int n) {
  sort_by_size(list, placed, n);
  for (int i = 0, k; i < n; i++) {
    list[i].offset = lowest_free(placed, i, &list[i]);
    for (k = i; k > 0 && placed[k - 1].offset > list[i].offset; k--) placed[k] = placed[k - 1];
    placed[k] = list[i];
  }
}

/* ---- many ---- */

/* heads and next: room for the lists of values that begin and that end at each unit. */
static void place_in(ag__free *space, int units, interval *list, int n, int *heads, int *next) {
  int *dies = heads + units + 2, *next_dying = next + n;
  for (int u = 0; u < 2 * (units + 2); u++) heads[u] = -1;
  for (int i = n - 1; i >= 0; i--) {
    next[i] = heads[list[i].first];
    heads[list[i].first] = i;
    next_dying[i] = dies[list[i].last];
    dies[list[i].last] = i;
  }
  for (int u = 0; u < units; u++) {
    for (int i = heads[u]; i >= 0; i = next[i]) list[i].offset = ag__free_take(space, list[i].bytes);
    for (int i = dies[u]; i >= 0; i = next_dying[i]) ag__free_give(space, list[i].offset, list[i].bytes);
  }
}

static tn_status place_by_time(ag__program *p, interval *list, int n) {
  int *heads = tn_calloc(p->alloc, 2 * ((size_t)p->n_units + 2), sizeof *heads);
  int *next = tn_calloc(p->alloc, 2 * (size_t)n + 1, sizeof *next);
  ag__free *space = ag__free_new(p->alloc, n);
  const bool room = heads && next && space;
  if (room) place_in(space, p->n_units, list, n, heads, next);
  ag__free_delete(space, p->alloc);
  tn_free(p->alloc, heads);
  tn_free(p->alloc, next);
  return room ? TN_OK : TN_ENOMEM;
}

static tn_status place(ag__program *p, interval *list, int n) {
  size_t total = 0;
  for (int i = 0; i < n; i++) {
    if (list[i].bytes > SIZE_MAX / 4 - total) return TN_ENOMEM; /* sums of offsets could overflow */
    list[i].offset = total;
    total += list[i].bytes;
  }
  if (p->flags & AG_NO_REUSE) return TN_OK;
  if (n > FEW || p->flags & AG__MANY_VALUES) return place_by_time(p, list, n);
  interval *placed = tn_calloc(p->alloc, (size_t)n + 1, sizeof *placed);
  if (!placed) return TN_ENOMEM;
  place_by_size(list, placed, n);
  tn_free(p->alloc, placed);
  return TN_OK;
}

tn_status ag__memory(ag__program *p) {
  int *last = tn_calloc(p->alloc, (size_t)p->n_nodes + 1, sizeof *last);
  interval *list = tn_calloc(p->alloc, (size_t)p->n_nodes + 1, sizeof *list);
  tn_status status = last && list ? TN_OK : TN_ENOMEM;
  if (status == TN_OK) {
    find_last_uses(p, last);
    int n = collect(p, last, list);
    status = place(p, list, n);
    p->arena_bytes = 0;
    for (int i = 0; i < n && status == TN_OK; i++) {
      p->nodes[list[i].node].offset = list[i].offset;
      if (list[i].offset + list[i].bytes > p->arena_bytes) p->arena_bytes = list[i].offset + list[i].bytes;
    }
  }
  tn_free(p->alloc, last);
  tn_free(p->alloc, list);
  return status;
}
