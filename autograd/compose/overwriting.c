/* overwriting.c - elements replaced by index: finds the last index element that names each row, then chooses
 * between its update and the old row. */
#include "autograd/compose/axis.h"

/* From index [..., n], n >= 1: for each row 1 + the last position in the index that names it, or 0: [...,
 * rows] in f64. The index is sorted; a position is the last of its row if the next one has another row. */
static ag_ref last_places(ag_graph *g, ag_ref index, int64_t rows) {
  int axis = ag_type_of(g, index).rank - 1;
  int64_t n = ag_type_of(g, index).shape[axis];
  ag_ref order = ag_argsort(g, index, axis, false), sorted = ag_take_along_axis(g, index, order, axis);
  ag_ref place = ag_offset(g, ag_cast(g, order, TN_F64), 1), numbers = ag_cast(g, sorted, TN_F64);
  if (n > 1) {
    ag_ref differs =
        ag_not_equal(g, ag_slice(g, numbers, axis, 0, n - 1), ag_slice(g, numbers, axis, 1, n - 1));
    place = ag_mul(g, place, ag_pad_value(g, differs, axis, 0, 1, 1));
  }
  return ag_scatter_add_axis(g, place, sorted, axis, axis, rows);
}

/* x [..., rows, inner...] with rows replaced by those of y [..., n, inner...] at index [..., n]; `...` are
 * `batch` axes. */
static ag_ref overwritten(ag_graph *g, ag_ref x, ag_ref index, ag_ref y, int batch) {
  ag_type t = ag_type_of(g, x), i = ag_type_of(g, index);
  if (ag_status(g) != TN_OK || i.shape[batch] == 0) return x;
  ag_ref place = last_places(g, index, t.shape[batch]), none = ag_equal(g, place, ag_like(g, place, 0));
  ag_ref from = ag_cast(g, ag_maximum(g, ag_offset(g, place, -1), ag_like(g, place, 0)), TN_I64);
  ag_ref chosen = ag_gather_axis(g, y, from, batch, batch);
  for (int a = batch + 1; a < t.rank; a++) none = ag_unsqueeze(g, none, -1);
  return ag_where(g, ag_cast(g, none, t.dtype), x, chosen);
}

static bool floats(ag_graph *g, const char *what, ag_ref x, ag_ref y) {
  ag_type t = ag_type_of(g, x), u = ag_type_of(g, y);
  bool fine = x.id && y.id && t.dtype == u.dtype && (t.dtype == TN_F32 || t.dtype == TN_F64);
  if (!fine)
    ag_fail(g, TN_ETYPE, "%s: %s into %s, which must be one float type", what, tn_dtype_name(u.dtype),
            tn_dtype_name(t.dtype));
  return fine;
}

ag_ref ag_put_along_axis(ag_graph *g, ag_ref x, ag_ref index, ag_ref y, int axis) {
  ag_type t = ag_type_of(g, x), i = ag_type_of(g, index), u = ag_type_of(g, y);
  axis = ag__axis(g, "put_along_axis", x, axis);
  if (axis < 0 || !floats(g, "put_along_axis", x, y)) return (ag_ref){0};
  bool fits = index.id && t.rank == i.rank && t.rank == u.rank;
  for (int a = 0; a < t.rank && fits; a++)
    fits = i.shape[a] <= u.shape[a] && (a == axis || i.shape[a] <= t.shape[a]);
  if (!fits) {
    ag_fail(
        g, TN_ESHAPE,
        "put_along_axis: an index of rank %d into a value of rank %d, or beyond its extents or the new one's",
        i.rank, t.rank);
    return (ag_ref){0};
  }
  ag_ref part = x;
  for (int a = 0; a < t.rank; a++) {
    y = ag_slice(g, y, a, 0, i.shape[a]);
    if (a != axis) part = ag_slice(g, part, a, 0, i.shape[a]);
  }
  part = overwritten(g, ag_movedim(g, part, axis, -1), ag_movedim(g, index, axis, -1),
                     ag_movedim(g, y, axis, -1), t.rank - 1);
  part = ag_movedim(g, part, -1, axis);
  for (int a = t.rank - 1; a >= 0; a--) { /* elements beyond the index's extents stay */
    int64_t rest = t.shape[a] - i.shape[a];
    if (a == axis || rest == 0) continue;
    ag_ref beside = x;
    for (int b = 0; b < a; b++)
      if (b != axis) beside = ag_slice(g, beside, b, 0, i.shape[b]);
    part = ag_concat(g, (ag_ref[]){part, ag_slice(g, beside, a, i.shape[a], rest)}, 2, a);
  }
  return part;
}

ag_ref ag_index_copy(ag_graph *g, ag_ref x, int axis, ag_ref index, ag_ref y) {
  axis = ag__axis(g, "index_copy", x, axis);
  if (axis < 0 || !floats(g, "index_copy", x, y)) return (ag_ref){0};
  ag_type t = ag_type_of(g, x), i = ag_type_of(g, index), u = ag_type_of(g, y);
  bool fits = index.id && i.rank == 1 && u.rank == t.rank && u.shape[axis] == i.shape[0];
  for (int a = 0; a < t.rank && fits; a++) fits = a == axis || u.shape[a] == t.shape[a];
  if (!fits) {
    ag_fail(g, TN_ESHAPE,
            "index_copy: the index must be a vector with an entry for each place of the new value, whose "
            "rank must be %d as that of x",
            t.rank);
    return (ag_ref){0};
  }
  ag_ref z = overwritten(g, ag_movedim(g, x, axis, 0), index, ag_movedim(g, y, axis, 0), 0);
  return ag_movedim(g, z, 0, axis);
}

ag_ref ag_index_fill(ag_graph *g, ag_ref x, int axis, ag_ref index, double value) {
  axis = ag__axis(g, "index_fill", x, axis);
  if (axis < 0) return (ag_ref){0};
  ag_type t = ag_type_of(g, x), i = ag_type_of(g, index);
  t.shape[axis] = i.rank == 1 ? i.shape[0] : 0;
  return ag_index_copy(g, x, axis, index, ag_full(g, t.dtype, t.rank, t.shape, value));
}

ag_ref ag_select_put(ag_graph *g, ag_ref x, int axis, int64_t place, ag_ref y) {
  axis = ag__axis(g, "select_put", x, axis);
  if (axis < 0) return (ag_ref){0};
  ag_type t = ag_type_of(g, x);
  int64_t n = t.shape[axis];
  if (place < 0 || place >= n) {
    ag_fail(g, TN_EINVAL, "select_put: place %lld of %lld along axis %d", (long long)place, (long long)n,
            axis);
    return (ag_ref){0};
  }
  ag_ref parts[3] = {ag_slice(g, x, axis, 0, place), ag_unsqueeze(g, y, axis),
                     ag_slice(g, x, axis, place + 1, n - place - 1)};
  return ag_concat(g, parts, 3, axis);
}
