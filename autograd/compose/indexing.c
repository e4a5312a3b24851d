/* indexing.c - elements read and added by index. */
#include "autograd/compose/axis.h"

ag_ref ag_index_select(ag_graph *g, ag_ref x, int axis, ag_ref index) {
  axis = ag__axis(g, "index_select", x, axis);
  return axis < 0 ? (ag_ref){0} : ag_gather_axis(g, x, index, axis, 0);
}

ag_ref ag_embedding(ag_graph *g, ag_ref table, ag_ref index) {
  int rank = ag_type_of(g, table).rank;
  if (table.id && rank != 2) ag_fail(g, TN_ESHAPE, "embedding: the table has rank %d, not 2", rank);
  return ag_gather_axis(g, table, index, 0, 0);
}

/* Cuts x to the extents of the index on all axes but `axis`, and moves `axis` to the end of both. */
static bool align(ag_graph *g, const char *what, ag_ref *x, ag_ref *index, int axis) {
  ag_type t = ag_type_of(g, *x), i = ag_type_of(g, *index);
  bool fits = t.rank == i.rank && x->id && index->id;
  for (int a = 0; a < t.rank && fits; a++) fits = a == axis || i.shape[a] <= t.shape[a];
  if (!fits) {
    ag_fail(g, TN_ESHAPE, "%s: an index of rank %d into a value of rank %d, or beyond its extents", what,
            i.rank, t.rank);
    return false;
  }
  for (int a = 0; a < t.rank; a++)
    if (a != axis && i.shape[a] < t.shape[a]) *x = ag_slice(g, *x, a, 0, i.shape[a]);
  *x = ag_movedim(g, *x, axis, -1);
  *index = ag_movedim(g, *index, axis, -1);
  return true;
}

ag_ref ag_take_along_axis(ag_graph *g, ag_ref x, ag_ref index, int axis) {
  axis = ag__axis(g, "take_along_axis", x, axis);
  if (axis < 0 || !align(g, "take_along_axis", &x, &index, axis)) return (ag_ref){0};
  int last = ag_type_of(g, x).rank - 1;
  return ag_movedim(g, ag_gather_axis(g, x, index, last, last), -1, axis);
}

ag_ref ag_index_add(ag_graph *g, ag_ref x, int axis, ag_ref index, ag_ref y) {
  axis = ag__axis(g, "index_add", x, axis);
  if (axis < 0) return (ag_ref){0};
  return ag_add(g, x, ag_scatter_add_axis(g, y, index, axis, 0, ag_type_of(g, x).shape[axis]));
}

ag_ref ag_put_along_axis_add(ag_graph *g, ag_ref x, ag_ref index, ag_ref y, int axis) {
  ag_type t = ag_type_of(g, x), i = ag_type_of(g, index);
  axis = ag__axis(g, "put_along_axis_add", x, axis);
  if (axis < 0 || !align(g, "put_along_axis_add", &y, &index, axis)) return (ag_ref){0};
  int last = t.rank - 1;
  if (ag_type_of(g, y).shape[last] > ag_type_of(g, index).shape[last])
    y = ag_slice(g, y, last, 0, ag_type_of(g, index).shape[last]);
  ag_ref sum = ag_movedim(g, ag_scatter_add_axis(g, y, index, last, last, t.shape[axis]), -1, axis);
  for (int a = 0; a < t.rank && sum.id; a++)
    if (a != axis && i.shape[a] < t.shape[a]) sum = ag_pad(g, sum, a, 0, t.shape[a] - i.shape[a]);
  return ag_add(g, x, sum);
}

/* Compares indices as floats: exact below 2^24 classes in f32. */
ag_ref ag_one_hot(ag_graph *g, ag_ref index, int64_t classes, tn_dtype dtype) {
  if (classes < 0 || (dtype != TN_F32 && dtype != TN_F64)) {
    ag_fail(g, TN_EINVAL, "one_hot: want a float type and 0 classes or more, not %lld", (long long)classes);
    return (ag_ref){0};
  }
  ag_ref column = ag_unsqueeze(g, ag_cast(g, index, dtype), -1);
  return ag_equal(g, column, ag_arange(g, dtype, 0, (double)classes, 1));
}
