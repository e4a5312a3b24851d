/* matrices.c - products and transposes of the last two axes. */
#include "autograd/autograd.h"

ag_ref ag_matmul(ag_graph *g, ag_ref a, ag_ref b) { return ag_contract(g, a, b, false, false); }

ag_ref ag_transpose2(ag_graph *g, ag_ref x) {
  int rank = ag_type_of(g, x).rank, axes[TN_MAX_RANK];
  if (!x.id) return x;
  if (rank < 2) {
    ag_fail(g, TN_ESHAPE, "transpose2: a value of rank %d has no last two axes", rank);
    return (ag_ref){0};
  }
  for (int a = 0; a < rank; a++) axes[a] = a;
  axes[rank - 2] = rank - 1;
  axes[rank - 1] = rank - 2;
  return ag_transpose(g, x, axes);
}
