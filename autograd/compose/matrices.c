/* matrices.c - products and transposes of the last two axes. */
#include "autograd/compose/axis.h"
#include "autograd/graph.h"

/* Reports extents that differ under the name of the public function; the op's own message would name
 * `contract`. */
static bool fit(ag_graph *g, ag_ref a, ag_ref b) {
  ag_type p = ag_type_of(g, a), q = ag_type_of(g, b), batch[2] = {p, q}, merged;
  char left[128], right[128];
  const char *why = NULL;
  batch[0].rank -= 2, batch[1].rank -= 2;
  if (p.rank < 2 || q.rank < 2) why = "both need two axes at least";
  else if (p.dtype != q.dtype) why = "the element types differ";
  else if (p.shape[p.rank - 1] != q.shape[q.rank - 2])
    why = "the last extent of one is not the last but one of the other";
  else if (!ag__broadcast_types(batch, 2, &merged)) why = "the leading axes do not broadcast";
  if (why && ag__given(g, "matmul", a) && ag__given(g, "matmul", b))
    ag_fail(g, TN_ESHAPE, "matmul: %s times %s: %s", ag__type_text(&p, left, sizeof left),
            ag__type_text(&q, right, sizeof right), why);
  return !why;
}

ag_ref ag_matmul(ag_graph *g, ag_ref a, ag_ref b) {
  return fit(g, a, b) ? ag_contract(g, a, b, false, false) : (ag_ref){0};
}

ag_ref ag_transpose2(ag_graph *g, ag_ref x) {
  int rank = ag_type_of(g, x).rank, axes[TN_MAX_RANK];
  if (!ag__given(g, "transpose2", x)) return (ag_ref){0};
  if (rank < 2) {
    ag_fail(g, TN_ESHAPE, "transpose2: a value of rank %d has no last two axes", rank);
    return (ag_ref){0};
  }
  for (int a = 0; a < rank; a++) axes[a] = a;
  axes[rank - 2] = rank - 1;
  axes[rank - 1] = rank - 2;
  return ag_transpose(g, x, axes);
}
