/* memory.c - places every value that outlives its unit in one arena: live intervals, largest first, at the
 * lowest offset that is free for the whole interval. */
#include "autograd/plan/plan.h"

typedef struct interval {
  int node, first, last; /* units */
  size_t bytes, offset;
} interval;

enum { ALIGNMENT = 64 };

static size_t size_of(const ag__pnode *n) {
  size_t bytes = (size_t)tn_numel(n->type.rank, n->type.shape) * tn_dtype_size(n->type.dtype);
  return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* The units of a panel are interleaved: they count as one moment, from its first unit to its last. */
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
      if (end(p, node->unit) != node->unit) { /* not the last of a panel, which alone is read from outside */
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

static void sort_by_size(interval *list,
                         int n) { /* insertion sort, stable: few values, once per compilation */
  for (int i = 1; i < n; i++) {
    interval v = list[i];
    int k = i;
    for (; k > 0 && list[k - 1].bytes < v.bytes; k--) list[k] = list[k - 1];
    list[k] = v;
  }
}

/* The lowest offset where list[i] meets none of the placed list[0..i) that live at the same time. */
static size_t lowest_free(const interval *list, int i) {
  size_t at = 0;
  for (bool moved = true; moved;) {
    moved = false;
    for (int k = 0; k < i; k++) {
      bool together = list[k].first <= list[i].last && list[i].first <= list[k].last;
      if (together && at < list[k].offset + list[k].bytes && list[k].offset < at + list[i].bytes) {
        at = list[k].offset + list[k].bytes;
        moved = true;
      }
    }
  }
  return at;
}

tn_status ag__memory(ag__program *p) {
  int *last = tn_calloc(p->alloc, (size_t)p->n_nodes + 1, sizeof *last);
  interval *list = tn_calloc(p->alloc, (size_t)p->n_nodes + 1, sizeof *list);
  tn_status status = last && list ? TN_OK : TN_ENOMEM;
  if (status == TN_OK) {
    find_last_uses(p, last);
    int n = collect(p, last, list);
    sort_by_size(list, n);
    size_t end = 0;
    for (int i = 0; i < n; i++) {
      list[i].offset = p->flags & AG_NO_REUSE ? end : lowest_free(list, i);
      p->nodes[list[i].node].offset = list[i].offset;
      if (list[i].offset + list[i].bytes > end) end = list[i].offset + list[i].bytes;
      if (end > SIZE_MAX / 4) { /* the next sum could overflow */
        status = TN_ENOMEM;
        break;
      }
    }
    p->arena_bytes = end;
  }
  tn_free(p->alloc, last);
  tn_free(p->alloc, list);
  return status;
}
