/* pad_sum.c - the sum of many pads of one shape, as slices of one value give for its cotangent. Pieces that
 * do not overlap become one concat, so that time and memory grow with the value and not with the number of
 * its slices. */
#include "autograd/ops/op.h"

#include <stdlib.h>

typedef struct piece {
  ag_ref in; /* the value that is padded */
  int64_t axis, start, end;
} piece;

static int by_place(const void *a, const void *b) {
  const piece *x = a, *y = b;
  if (x->axis != y->axis) return x->axis < y->axis ? -1 : 1;
  return x->start != y->start ? (x->start < y->start ? -1 : 1)
                              : (x->in.id > y->in.id) - (x->in.id < y->in.id);
}

/* Joins p[0..n), which do not overlap along one axis, to a value of type t, with zeros between and around
 * them. */
static ag_ref join(ag_graph *g, const piece *p, int n, ag_type t, ag_ref *parts) {
  int axis = (int)p->axis, n_parts = 0;
  ag_type gap = t;
  for (int i = 0; i < n; i++) {
    gap.shape[axis] = i ? p[i].start - p[i - 1].end : 0;
    if (gap.shape[axis]) parts[n_parts++] = ag_broadcast(g, ag_scalar(g, t.dtype, 0), gap.rank, gap.shape);
    parts[n_parts++] = p[i].in;
  }
  ag_ref whole = n_parts > 1 ? ag_concat(g, parts, n_parts, axis) : parts[0];
  return ag_pad(g, whole, axis, p->start, t.shape[axis] - p[n - 1].end);
}

/* Moves from the sorted p[0..*n) to taken[] pieces that do not overlap along the axis of the first one. */
static int take_apart(piece *p, int *n, piece *taken) {
  int n_taken = 0, left = 0;
  for (int i = 0; i < *n; i++) {
    bool fits = n_taken == 0 || (p[i].axis == taken->axis && p[i].start >= taken[n_taken - 1].end);
    if (fits) taken[n_taken++] = p[i];
    else p[left++] = p[i];
  }
  *n = left;
  return n_taken;
}

static ag_ref sum_pieces(ag_graph *g, piece *p, int n, ag_type t, ag_ref *parts) {
  enum { LAYERS = 16 }; /* concats of overlapping pieces; the pieces left are added one by one */
  piece *taken = p + n;
  ag_ref sum = {0};
  for (int layer = 0; n > 0; layer++) {
    int k = 1;
    if (layer < LAYERS) k = take_apart(p, &n, taken);
    else *taken = p[--n];
    ag_ref x = join(g, taken, k, t, parts);
    sum = sum.id ? ag_add(g, sum, x) : x;
  }
  return sum;
}

ag_ref ag__pad_sum(ag_graph *g, const ag_ref *x, int n) {
  ag_type t = ag_type_of(g, x[0]);
  piece *pieces = tn_calloc(ag_allocator(g), 2 * (size_t)n, sizeof *pieces);
  ag_ref *parts = tn_calloc(ag_allocator(g), 2 * (size_t)n, sizeof *parts);
  ag_ref sum = {0};
  for (int i = 0; i < n && pieces; i++) {
    const ag_attr attr = *ag_attr_of(g, x[i]);
    int64_t axis = attr.i[0];
    ag_ref in = ag_pad_interior(g, ag_in(g, x[i], 0), (int)axis, 0, 0, attr.i[3]);
    pieces[i] = (piece){in, axis, attr.i[1], t.shape[axis] - attr.i[2]};
  }
  if (pieces && parts) {
    qsort(pieces, (size_t)n, sizeof *pieces, by_place);
    sum = sum_pieces(g, pieces, n, t, parts);
  } else {
    ag_fail(g, TN_ENOMEM, "out of memory for a gradient");
  }
  tn_free(ag_allocator(g), pieces);
  tn_free(ag_allocator(g), parts);
  return sum;
}
