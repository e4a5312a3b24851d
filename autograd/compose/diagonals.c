/* diagonals.c - matrices with a given diagonal: every (n + 1)-th element of the two axes merged into one. */
#include "autograd/compose/axis.h"

ag_ref ag_diag_embed(ag_graph *g, ag_ref x, int64_t offset) {
  ag_type t = ag_type_of(g, x);
  int64_t size, area;
  if (ag__axis(g, "diag_embed", x, -1) < 0) return (ag_ref){0};
  if (offset == INT64_MIN) offset = INT64_MAX; /* out of range either way */
  int64_t n = t.shape[t.rank - 1], down = offset < 0 ? -offset : 0, right = offset > 0 ? offset : 0;
  if (__builtin_add_overflow(n, down + right, &size) || __builtin_mul_overflow(size, size, &area) ||
      t.rank == TN_MAX_RANK) {
    ag_fail(g, TN_ESHAPE, "diag_embed: the result would be too large");
    return (ag_ref){0};
  }
  int64_t before = down * size + right, used = n ? (n - 1) * (size + 1) + 1 : 0;
  if (n == 0) before = 0;
  ag_ref flat = ag_pad_interior(g, x, t.rank - 1, before, area - before - used, size);
  t.shape[t.rank - 1] = t.shape[t.rank] = size;
  return ag_reshape(g, flat, t.rank + 1, t.shape);
}

ag_ref ag_diag(ag_graph *g, ag_ref x, int64_t offset) {
  int rank = ag_type_of(g, x).rank;
  if (rank == 1) return ag_diag_embed(g, x, offset);
  if (rank == 2) return ag_diagonal(g, x, offset, 0, 1);
  if (ag__given(g, "diag", x))
    ag_fail(g, TN_ESHAPE, "diag: a value of rank %d is neither vector nor matrix", rank);
  return (ag_ref){0};
}
