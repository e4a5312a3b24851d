/* panel.c - finds a product and the units that lead from it to one update in place, where all of them work
 * row by row on the same rows. They run panel by panel: some rows of the product, then the same rows of what
 * follows, up to the update. So the gradient of a kernel stays in cache, and so does what these units share
 * (the kernel itself, for the norms of its rows). A value that only the panel reads has memory for the rows
 * of one panel. */
#include "autograd/plan/heap.h"
#include "autograd/plan/plan.h"

enum {
  SMALLEST = 64 << 10, /* bytes: smaller products are not worth it */
  REREAD = 256 << 10,  /* bytes: its right factor must stay in the L2 cache, as each panel reads all of it */
  PANEL = 64 << 10,    /* bytes of a panel of the widest value */
  TILE = 16,           /* rows that the product's kernel computes at once */
  MOST = 256           /* units */
};
enum { MANY = -2, NOBODY = -1 };

typedef struct search {
  ag__program *p;
  int anchor;   /* the unit of the update */
  int64_t rows; /* extent of its first axis */
  int *reader;  /* per root: the only unit that reads its value, else MANY or NOBODY */
  int *member;  /* per unit: anchor + 1 of the last panel that it was in */
  int *waiter;  /* per unit: the first unit that overwrites one of its operands, or n_units */
  int members[MOST], n;
  bool product; /* a member is a product that is worth it */
} search;

static size_t bytes_of(const ag__pnode *n) {
  return (size_t)tn_numel(n->type.rank, n->type.shape) * tn_dtype_size(n->type.dtype);
}

static bool any_size(const ag__program *p) { return p->flags & AG__SMALL_PANELS; }
static const ag__pnode *node_at(const ag__program *p, const ag__unit *u, int k) {
  return &p->nodes[p->order[u->first + k]];
}

static void find_readers(const ag__program *p, int *reader) {
  for (int x = 0; x < p->n_nodes; x++) reader[x] = NOBODY;
  for (int x = 0; x < p->n_nodes; x++) {
    const ag__pnode *n = &p->nodes[x];
    for (int k = 0; k < n->n_in && n->unit >= 0; k++) {
      int root = p->nodes[ag__in(p, n, k)].root;
      if (p->nodes[root].unit == n->unit) continue;
      reader[root] = reader[root] == NOBODY || reader[root] == n->unit ? n->unit : MANY;
    }
  }
  for (int x = 0; x < p->n_nodes; x++)
    if (p->nodes[x].output) reader[p->nodes[x].root] = MANY;
  for (int i = 0; i < p->n_assigns; i++) reader[p->nodes[p->assigns[i].value].root] = MANY;
}

static bool written_by_anchor(const search *s, int leaf) {
  const ag__unit *u = &s->p->units[s->anchor];
  for (int k = 0; k < u->n && leaf >= 0; k++)
    if (node_at(s->p, u, k)->written_leaf == leaf) return true;
  return false;
}

static bool same_shape(const ag_type *a, const ag_type *b) {
  return tn_same_shape(a->rank, a->shape, b->rank, b->shape);
}

/* Each operand is read row by row or is the same for all rows. What the anchor overwrites must be read at the
 * element that is computed. */
static bool elementwise_by_row(const search *s, const ag__pnode *n) {
  if (n->type.rank < 1 || n->type.shape[0] != s->rows) return false;
  for (int k = 0; k < n->n_in; k++) {
    const ag__pnode *in = &s->p->nodes[ag__in(s->p, n, k)], *root = &s->p->nodes[in->root];
    bool by_row = in->type.rank == n->type.rank && in->type.shape[0] == s->rows;
    if (written_by_anchor(s, root->leaf) && !(by_row && same_shape(&in->type, &root->type))) return false;
  }
  return true;
}

static bool reduction_by_row(const search *s, const ag__pnode *n) {
  const ag__pnode *in = &s->p->nodes[ag__in(s->p, n, 0)];
  return n->op->flags & AG_ROWWISE && n->n_in == 1 && n->type.rank > 1 && n->type.shape[0] == s->rows &&
         in->type.shape[0] == s->rows && same_shape(&in->type, &s->p->nodes[in->root].type);
}

/* A product of some rows has the same bits as these rows of the whole product (tn_gemm). */
static bool product_by_row(search *s, const ag__pnode *n) {
  const ag__program *p = s->p;
  if (!n->op->row_axis || n->type.rank != 2 || n->n_in != 2 || n->type.shape[0] != s->rows) return false;
  const ag__pnode *a = &p->nodes[ag__in(p, n, 0)], *b = &p->nodes[ag__in(p, n, 1)];
  if (written_by_anchor(s, p->nodes[a->root].leaf) || written_by_anchor(s, p->nodes[b->root].leaf))
    return false;
  size_t again = bytes_of(b);
  if (!any_size(p) && (bytes_of(n) < SMALLEST || again > REREAD || again > bytes_of(n) / 4)) return false;
  return s->product = true;
}

static bool by_row(search *s, const ag__unit *u) {
  const ag__pnode *n = node_at(s->p, u, 0);
  if (n->op->kind == AG_CONTRACTION) return product_by_row(s, n);
  if (n->op->kind == AG_REDUCE) return reduction_by_row(s, n);
  for (int k = 0; k < u->n && u->fused; k++)
    if (!elementwise_by_row(s, node_at(s->p, u, k))) return false;
  return u->fused;
}

static bool is_member(const search *s, int unit) { return s->member[unit] == s->anchor + 1; }

/* Whether row r of x reads only row r of the values of member `unit`. A product reads its factors whole or by
 * column. */
static bool read_by_row(const search *s, const ag__pnode *x, int unit) {
  const ag__program *p = s->p;
  for (int k = 0; k < x->n_in; k++) {
    const ag__pnode *in = &p->nodes[ag__in(p, x, k)], *root = &p->nodes[in->root];
    if (root->unit == unit && (x->op->kind == AG_CONTRACTION || !same_shape(&in->type, &root->type) ||
                               in->type.rank != x->type.rank || in->type.shape[0] != s->rows))
      return false;
  }
  return true;
}

/* Whether only members read the unit's values, row by row, and it can be moved to them: no unit in between
 * reads it, since only members do, or overwrites its operands. */
static bool may_join(search *s, int unit) {
  const ag__program *p = s->p;
  const ag__unit *u = &p->units[unit];
  if (s->waiter[unit] < s->anchor) return false;
  for (int k = 0; k < u->n; k++) {
    int x = p->order[u->first + k], reader = s->reader[x];
    if (reader == MANY || p->nodes[x].written_leaf >= 0) return false;
    if (reader == NOBODY) continue;
    if (!is_member(s, reader)) return false;
    for (int r = 0; r < p->units[reader].n; r++)
      if (!read_by_row(s, node_at(p, &p->units[reader], r), unit)) return false;
  }
  return by_row(s, u);
}

/* Collects members from the anchor backwards. Units are in topological order, so a member's operands come
 * later in this loop. The heap is ordered by the distance from the last unit. */
static void gather(search *s) {
  const ag__program *p = s->p;
  int items[MOST];
  ag__heap next = {.item = items};
  s->members[0] = s->anchor;
  s->member[s->anchor] = s->anchor + 1;
  s->n = 1;
  ag__heap_push(&next, p->n_units - s->anchor);
  while (next.n > 0) {
    const ag__unit *m = &p->units[p->n_units - ag__heap_pop(&next)];
    for (int k = 0; k < m->n; k++) {
      const ag__pnode *x = node_at(p, m, k);
      for (int a = 0; a < x->n_in && s->n < MOST; a++) {
        int unit = ag__unit_of(p, ag__in(p, x, a));
        if (unit < 0 || is_member(s, unit) || p->units[unit].panel >= 0 || !may_join(s, unit)) continue;
        s->member[unit] = s->anchor + 1;
        s->members[s->n++] = unit;
        ag__heap_push(&next, p->n_units - unit);
      }
    }
  }
}

static void make_panel(search *s) {
  ag__program *p = s->p;
  size_t widest = 1;
  for (int i = 0; i < s->n; i++) {
    const ag__unit *u = &p->units[s->members[i]];
    p->units[s->members[i]].panel = p->n_panels;
    for (int k = 0; k < u->n && s->members[i] != s->anchor; k++) {
      size_t row = bytes_of(node_at(p, u, k)) / (size_t)s->rows;
      if (row > widest) widest = row;
    }
  }
  int64_t height = (int64_t)(PANEL / widest) / TILE * TILE;
  ag__panel *q = &p->panels[p->n_panels++];
  *q = (ag__panel){.first = s->anchor, .n = s->n, .rows = s->rows, .height = height > TILE ? height : TILE};
  if (any_size(p)) q->height = 2;
}

static void try_anchor(search *s) {
  ag__program *p = s->p;
  const ag__unit *u = &p->units[s->anchor];
  const ag__pnode *n = node_at(p, u, u->n - 1);
  if (!u->fused || n->type.rank < 2 || (!any_size(p) && bytes_of(n) < SMALLEST)) return;
  s->rows = n->type.shape[0];
  s->product = false;
  if (s->rows < (any_size(p) ? 2 : 2 * TILE) || !by_row(s, u)) return;
  gather(s);
  if (s->n > 1 && (s->product || any_size(p))) make_panel(s);
}

/* Finds, for each unit, the first unit that overwrites a leaf that it reads. */
static void find_waiters(search *s, int *position) {
  const ag__program *p = s->p;
  const ag__reach *r = &p->reach;
  for (int u = 0; u < p->n_units; u++) {
    position[p->units[u].id] = u;
    s->waiter[u] = p->n_units;
  }
  for (size_t k = 0; k < r->n_needs; k++) {
    int reader = position[r->needs[k].unit], writer = position[r->needs[k].by];
    if (writer < s->waiter[reader]) s->waiter[reader] = writer;
  }
}

/* Moves members to just before their anchor, in their order. Up to here panel.first is the anchor. */
static void move_members(ag__program *p, ag__unit *sorted, int *place) {
  int n = 0;
  for (int i = 0; i < p->n_panels; i++) place[i] = 0;
  for (int u = 0; u < p->n_units; u++) { /* where each panel starts */
    ag__panel *q = p->units[u].panel >= 0 ? &p->panels[p->units[u].panel] : NULL;
    if (q && q->first == u) place[q - p->panels] = n;
    if (!q) n++;
    else if (q->first == u) n += q->n;
  }
  for (int i = 0; i < p->n_panels; i++) p->panels[i].first = place[i];
  n = 0;
  for (int u = 0; u < p->n_units; u++) {
    int i = p->units[u].panel;
    while (i < 0 && n < p->n_units && sorted[n].n) n++;
    sorted[i >= 0 ? place[i]++ : n] = p->units[u];
  }
  for (int u = 0; u < p->n_units; u++) {
    p->units[u] = sorted[u];
    for (int k = 0; k < sorted[u].n; k++) p->nodes[p->order[sorted[u].first + k]].unit = u;
  }
}

tn_status ag__panels(ag__program *p) {
  search s = {.p = p};
  size_t n = (size_t)p->n_units + 1;
  if (p->flags & (AG_NO_PANELS | AG_TRAP_NONFINITE)) return TN_OK;
  s.reader = tn_calloc(p->alloc, (size_t)p->n_nodes + 1, sizeof *s.reader);
  s.member = tn_calloc(p->alloc, n, sizeof *s.member);
  s.waiter = tn_calloc(p->alloc, n, sizeof *s.waiter);
  p->panels = tn_calloc(p->alloc, n, sizeof *p->panels);
  int *scratch = tn_calloc(p->alloc, (size_t)p->reach.n + 1, sizeof *scratch);
  ag__unit *sorted = tn_calloc(p->alloc, n, sizeof *sorted);
  tn_status status = s.reader && s.member && s.waiter && p->panels && scratch && sorted ? TN_OK : TN_ENOMEM;
  if (status == TN_OK) {
    find_readers(p, s.reader);
    find_waiters(&s, scratch);
    for (s.anchor = 0; s.anchor < p->n_units; s.anchor++) try_anchor(&s);
    if (p->n_panels) move_members(p, sorted, scratch);
  }
  tn_free(p->alloc, s.reader);
  tn_free(p->alloc, s.member);
  tn_free(p->alloc, s.waiter);
  tn_free(p->alloc, scratch);
  tn_free(p->alloc, sorted);
  return status;
}
