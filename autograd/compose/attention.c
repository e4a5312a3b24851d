/* attention.c - attention as a loop over heads, whose body is a loop over blocks of queries. Causal queries
 * are cut into groups (stairs). A stair reads only the keys up to its last query; but with a mask of keys it
 * reads all, because a query all of whose keys are masked averages over all. A stair of several blocks is a
 * loop of its own. Both loops recompute their values in the derivative. */
#include "autograd/autograd.h"

#include <stdio.h>
#include <string.h>

enum {
  ROWS = 64,
  STAIRS = 8 /* stairs of causal queries: 8 leave 9/16 of the products */
};

typedef struct shape {
  int64_t heads, queries, keys, rows;
  tn_dtype dtype;
  bool causal, masked;
} shape;

/* Queries [first, first + blocks * rows), which read the first `keys` keys. */
typedef struct stair {
  const shape *s;
  int64_t first, blocks, rows, keys;
} stair;

/* 0, 1, ... as [count, 1] or [1, count]. */
static ag_ref places(ag_graph *g, tn_dtype dtype, int64_t count, bool down) {
  ag_ref at = ag_arange(g, dtype, 0, (double)count, 1);
  return ag_reshape(g, at, 2, down ? (int64_t[]){count, 1} : (int64_t[]){1, count});
}

/* Sets the scores of hidden keys far below all others. */
static ag_ref hide(ag_graph *g, ag_ref visible, ag_ref scores) {
  return ag_where(g, visible, scores, ag_like(g, scores, -1e30));
}

/* Attention of some rows of q over all rows of k. For a causal mask `first` [1, 1] is the number of the first
 * query among the keys. */
static ag_ref block(ag_graph *g, const shape *s, const ag_ref *kv, ag_ref q, ag_ref first) {
  ag_ref scores = ag_contract(g, q, kv[0], false, true);
  int64_t rows = ag_type_of(g, q).shape[0], keys = ag_type_of(g, kv[0]).shape[0];
  if (s->causal) {
    ag_ref row = ag_add(g, places(g, s->dtype, rows, true), first);
    scores = hide(g, ag_greater_equal(g, row, places(g, s->dtype, keys, false)), scores);
  }
  if (s->masked) scores = hide(g, kv[2], scores);
  return ag_contract(g, ag_softmax(g, scores, -1), kv[1], false, false);
}

static void block_body(ag_graph *g, const ag_scan_step *step, const void *ctx) {
  const stair *t = ctx;
  step->out[0] = block(g, t->s, step->shared, step->each[0], step->each[1]);
}

static ag_ref climb(ag_graph *g, const stair *t, const ag_ref *in) {
  const shape *s = t->s;
  ag_ref q = ag_slice(g, in[0], 0, t->first, t->blocks * t->rows), y = {0};
  ag_ref kv[3] = {ag_slice(g, in[1], 0, 0, t->keys), ag_slice(g, in[2], 0, 0, t->keys)};
  if (s->masked) kv[2] = ag_reshape(g, ag_slice(g, in[3], 0, 0, t->keys), 2, (int64_t[]){1, t->keys});
  if (t->blocks == 1)
    return block(g, s, kv, q, ag_reshape(g, ag_like(g, q, (double)t->first), 2, (int64_t[]){1, 1}));
  ag_type type = ag_type_of(g, q), values = ag_type_of(g, in[2]);
  ag_ref from =
      ag_offset(g, ag_scale(g, places(g, s->dtype, t->blocks, true), (double)t->rows), (double)t->first);
  ag_ref each[] = {ag_reshape(g, q, 3, (int64_t[]){t->blocks, t->rows, type.shape[1]}),
                   ag_reshape(g, from, 3, (int64_t[]){t->blocks, 1, 1})};
  ag_scan(g,
          &(ag_scan_args){.name = "rows",
                          .length = t->blocks,
                          .each = each,
                          .n_each = 2,
                          .shared = kv,
                          .n_shared = 2 + s->masked,
                          .n_out = 1,
                          .recompute = true},
          block_body, t, NULL, &y);
  return ag_reshape(g, y, 2, (int64_t[]){t->blocks * t->rows, values.shape[1]});
}

/* All queries of one head, stair by stair. Rows that do not fill a block are a shorter block of their own. */
static void head_body(ag_graph *g, const ag_scan_step *step, const void *ctx) {
  const shape *s = ctx;
  ag_ref pieces[STAIRS + 1];
  int n = 0;
  int64_t whole = s->queries / s->rows, wide = s->causal ? (whole + STAIRS - 1) / STAIRS : whole;
  for (int64_t first = 0; first < s->queries && n <= STAIRS;) {
    stair t = {.s = s, .first = first, .blocks = 1, .rows = s->queries - first};
    int64_t left = (s->queries - first) / s->rows;
    if (left > 0) t.rows = s->rows, t.blocks = left < wide ? left : wide;
    first += t.blocks * t.rows;
    t.keys = s->causal && !s->masked && first < s->keys ? first : s->keys;
    pieces[n++] = climb(g, &t, step->each);
  }
  step->out[0] = n == 1 ? pieces[0] : ag_concat(g, pieces, n, 0);
}

static bool fits(ag_graph *g, const ag_type *q, const ag_type *k, const ag_type *v, ag_ref visible) {
  bool together = q->rank == 3 && k->rank == 3 && v->rank == 3 && q->dtype == k->dtype &&
                  k->dtype == v->dtype && q->shape[0] == k->shape[0] && k->shape[0] == v->shape[0] &&
                  q->shape[2] == k->shape[2] && k->shape[1] == v->shape[1];
  if (!together) {
    ag_fail(
        g, TN_ESHAPE,
        "attention: queries [n, queries, width], keys [n, keys, width] and values [n, keys, any] of one type "
        "do not go together");
    return false;
  }
  ag_type m = ag_type_of(g, visible);
  if (visible.id && (m.dtype != q->dtype || !tn_same_shape(m.rank, m.shape, 2, k->shape))) {
    ag_fail(g, TN_ESHAPE, "attention: `visible` must be [n, keys] of the type of the queries");
    return false;
  }
  return true;
}

ag_ref ag_attention(ag_graph *g, ag_ref q, ag_ref k, ag_ref v, const ag_attention_options *options) {
  static const ag_attention_options defaults = {0};
  const ag_attention_options *o = options ? options : &defaults;
  ag_type tq = ag_type_of(g, q), tk = ag_type_of(g, k), tv = ag_type_of(g, v);
  ag_ref y = {0};
  if (ag_status(g) != TN_OK || !fits(g, &tq, &tk, &tv, o->visible)) return y;
  shape s = {.heads = tq.shape[0],
             .queries = tq.shape[1],
             .keys = tk.shape[1],
             .rows = o->rows > 0 ? o->rows : ROWS,
             .dtype = tq.dtype,
             .causal = o->causal,
             .masked = o->visible.id != 0};
  if (s.heads == 0 || s.queries == 0 || s.keys == 0)
    return ag_broadcast(g, ag_like(g, q, 0), 3, (int64_t[]){s.heads, s.queries, tv.shape[2]});
  ag_ref each[] = {q, k, v, o->visible};
  ag_scan(g,
          &(ag_scan_args){.name = "heads",
                          .length = s.heads,
                          .each = each,
                          .n_each = 3 + s.masked,
                          .n_out = 1,
                          .recompute = true},
          head_body, &s, NULL, &y);
  return y;
}
