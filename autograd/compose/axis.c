/* axis.c - converts the user's number of an axis (negative: from the end) to an index. */
#include "autograd/compose/axis.h"

bool ag__given(ag_graph *g, const char *what, ag_ref x) {
  if (x.id == 0 || x.id >= ag_node_count(g))
    ag_fail(g, TN_EINVAL, "%s: an operand is not a value of this graph", what);
  return ag_status(g) == TN_OK;
}

int ag__axis(ag_graph *g, const char *what, ag_ref x, int axis) {
  int rank = ag_type_of(g, x).rank;
  if (axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  if (ag__given(g, what, x)) ag_fail(g, TN_EINVAL, "%s: axis %d of a value of rank %d", what, axis, rank);
  return -1;
}
