/* moves.c - elements moved along axes, and axes rearranged. */
#include "autograd/compose/axis.h"
#include "autograd/compose/table.h"

static ag_ref nothing(ag_graph *g, const char *what, const char *why) {
  ag_fail(g, TN_EINVAL, "%s: %s", what, why);
  return (ag_ref){0};
}

/* ---- axes ------------------------------------------------------------------------------------------ */

ag_ref ag_squeeze(ag_graph *g, ag_ref x, int axis) {
  ag_type t = ag_type_of(g, x);
  if ((axis = ag__axis(g, "squeeze", x, axis)) < 0) return (ag_ref){0};
  if (t.shape[axis] != 1) {
    ag_fail(g, TN_ESHAPE, "squeeze: axis %d has extent %lld, not 1", axis, (long long)t.shape[axis]);
    return (ag_ref){0};
  }
  for (int a = axis; a < t.rank - 1; a++) t.shape[a] = t.shape[a + 1];
  return ag_reshape(g, x, t.rank - 1, t.shape);
}

ag_ref ag_unsqueeze(ag_graph *g, ag_ref x, int axis) {
  ag_type t = ag_type_of(g, x);
  if (!ag__given(g, "unsqueeze", x)) return (ag_ref){0};
  if (axis < -t.rank - 1 || axis > t.rank || t.rank == TN_MAX_RANK) {
    ag_fail(g, TN_EINVAL, "unsqueeze: axis %d of a value of rank %d", axis, t.rank);
    return (ag_ref){0};
  }
  if (axis < 0) axis += t.rank + 1;
  for (int a = t.rank; a > axis; a--) t.shape[a] = t.shape[a - 1];
  t.shape[axis] = 1;
  return ag_reshape(g, x, t.rank + 1, t.shape);
}

ag_ref ag_movedim(ag_graph *g, ag_ref x, int from, int to) {
  int axes[TN_MAX_RANK], rank = ag_type_of(g, x).rank;
  from = ag__axis(g, "movedim", x, from), to = ag__axis(g, "movedim", x, to);
  if (from < 0 || to < 0) return (ag_ref){0};
  if (from == to) return x;
  for (int a = 0, b = 0; a < rank; a++) {
    if (b == from) b++;
    axes[a] = a == to ? from : b++;
  }
  return ag_transpose(g, x, axes);
}

ag_ref ag_swapaxes(ag_graph *g, ag_ref x, int a, int b) {
  int axes[TN_MAX_RANK], rank = ag_type_of(g, x).rank;
  a = ag__axis(g, "swapaxes", x, a), b = ag__axis(g, "swapaxes", x, b);
  if (a < 0 || b < 0) return (ag_ref){0};
  if (a == b) return x;
  for (int k = 0; k < rank; k++) axes[k] = k == a ? b : k == b ? a : k;
  return ag_transpose(g, x, axes);
}

ag_ref ag_flatten(ag_graph *g, ag_ref x, int first, int last) {
  ag_type t = ag_type_of(g, x);
  if (!ag__given(g, "flatten", x)) return (ag_ref){0};
  if (t.rank == 0) return ag_unsqueeze(g, x, 0);
  first = ag__axis(g, "flatten", x, first), last = ag__axis(g, "flatten", x, last);
  if (first < 0 || last < 0) return (ag_ref){0};
  if (first > last) return nothing(g, "flatten", "the first axis comes after the last");
  t.shape[first] = tn_numel(last - first + 1, t.shape + first);
  for (int a = last + 1; a < t.rank; a++) t.shape[first + a - last] = t.shape[a];
  return ag_reshape(g, x, t.rank - (last - first), t.shape);
}

/* ---- copies ---------------------------------------------------------------------------------------- */

ag_ref ag_expand(ag_graph *g, ag_ref x, int rank, const int64_t *shape) {
  ag_type t = ag_type_of(g, x);
  int64_t full[TN_MAX_RANK];
  if (!ag__given(g, "expand", x)) return (ag_ref){0};
  if (rank < t.rank || rank > TN_MAX_RANK || (rank && !shape))
    return nothing(g, "expand", "a rank out of range");
  for (int a = 0; a < rank; a++) {
    int own = a - (rank - t.rank);
    full[a] = shape[a] == -1 && own >= 0 ? t.shape[own] : shape[a];
  }
  return ag_broadcast(g, x, rank, full);
}

static double quotient(const void *ctx, int64_t i) { return (double)(i / *(const int64_t *)ctx); }

ag_ref ag_repeat_interleave(ag_graph *g, ag_ref x, int axis, int64_t repeats) {
  if ((axis = ag__axis(g, "repeat_interleave", x, axis)) < 0) return (ag_ref){0};
  if (repeats < 0) return nothing(g, "repeat_interleave", "a negative number of repeats");
  int64_t n = ag_type_of(g, x).shape[axis], size;
  if (__builtin_mul_overflow(n, repeats, &size)) return nothing(g, "repeat_interleave", "too many places");
  return ag_gather_axis(g, x, ag__table(g, TN_I64, size, quotient, &repeats), axis, 0);
}

/* Repeats x n times along `axis`: broadcasts a new axis in front of it and merges the two. */
static ag_ref tile_axis(ag_graph *g, ag_ref x, int axis, int64_t n) {
  ag_type t = ag_type_of(g, x);
  if (n == 1) return x;
  if (__builtin_mul_overflow(t.shape[axis], n, &t.shape[axis])) return nothing(g, "tile", "too many places");
  ag_ref one = ag_unsqueeze(g, x, axis);
  ag_type w = ag_type_of(g, one);
  w.shape[axis] = n;
  return ag_reshape(g, ag_broadcast(g, one, w.rank, w.shape), t.rank, t.shape);
}

ag_ref ag_tile(ag_graph *g, ag_ref x, int n, const int64_t *repeats) {
  if (n < 0 || n > TN_MAX_RANK || (n && !repeats)) return nothing(g, "tile", "a number of axes out of range");
  if (!ag__given(g, "tile", x)) return (ag_ref){0};
  while (x.id && ag_type_of(g, x).rank < n) x = ag_unsqueeze(g, x, 0);
  int lead = ag_type_of(g, x).rank - n;
  for (int a = 0; a < n && x.id; a++) {
    if (repeats[a] < 0) return nothing(g, "tile", "a negative number of repeats");
    x = tile_axis(g, x, lead + a, repeats[a]);
  }
  return x;
}

/* ---- places ---------------------------------------------------------------------------------------- */

ag_ref ag_flip(ag_graph *g, ag_ref x, int axis) {
  if ((axis = ag__axis(g, "flip", x, axis)) < 0) return (ag_ref){0};
  int64_t n = ag_type_of(g, x).shape[axis];
  return n < 2 ? x : ag_slice_step(g, x, axis, n - 1, n, -1);
}

ag_ref ag_roll(ag_graph *g, ag_ref x, int axis, int64_t shift) {
  if ((axis = ag__axis(g, "roll", x, axis)) < 0) return (ag_ref){0};
  int64_t n = ag_type_of(g, x).shape[axis];
  shift = n ? (shift % n + n) % n : 0;
  if (shift == 0) return x;
  ag_ref parts[] = {ag_slice(g, x, axis, n - shift, shift), ag_slice(g, x, axis, 0, n - shift)};
  return ag_concat(g, parts, 2, axis);
}

ag_ref ag_stack(ag_graph *g, const ag_ref *x, int n, int axis) {
  enum { CHUNK = 16 };
  ag_ref wide[CHUNK], all = {0};
  if (n < 1 || !x) return nothing(g, "stack", "no values");
  int rank = ag_type_of(g, x[0]).rank;
  if (axis < 0) axis += rank + 1;
  for (int i = 0; i < n; i += CHUNK - 1) { /* the result so far and up to fifteen more operands */
    int used = 0;
    if (all.id) wide[used++] = all;
    for (int k = i; k < n && k < i + CHUNK - 1; k++) wide[used++] = ag_unsqueeze(g, x[k], axis);
    all = used == 1 ? wide[0] : ag_concat(g, wide, used, axis);
    if (!all.id) return all;
  }
  return all;
}

void ag_split(ag_graph *g, ag_ref x, int axis, int n, const int64_t *extents, ag_ref *out) {
  int64_t start = 0, extent = 0;
  axis = ag__axis(g, "split", x, axis);
  if (axis >= 0) extent = ag_type_of(g, x).shape[axis];
  if (n < 1 || !extents || !out) nothing(g, "split", "no parts");
  for (int i = 0; i < n && extents && out; start += extents[i++])
    out[i] = axis < 0 ? (ag_ref){0} : ag_slice(g, x, axis, start, extents[i]);
  if (axis >= 0 && ag_status(g) == TN_OK && start != extent)
    ag_fail(g, TN_ESHAPE, "split: the parts have %lld places in all, axis %d has %lld", (long long)start,
            axis, (long long)extent);
}

void ag_unbind(ag_graph *g, ag_ref x, int axis, ag_ref *out) {
  if ((axis = ag__axis(g, "unbind", x, axis)) < 0) return;
  if (!out) {
    nothing(g, "unbind", "no room for the parts");
    return;
  }
  int64_t n = ag_type_of(g, x).shape[axis];
  for (int64_t i = 0; i < n; i++) out[i] = ag_squeeze(g, ag_slice(g, x, axis, i, 1), axis);
}

void ag_meshgrid(ag_graph *g, const ag_ref *x, int n, ag_ref *out) {
  int64_t grid[TN_MAX_RANK], shape[TN_MAX_RANK];
  if (n < 1 || n > TN_MAX_RANK || !x || !out) {
    nothing(g, "meshgrid", "a number of vectors out of range");
    return;
  }
  for (int i = 0; i < n; i++) {
    ag_type t = ag_type_of(g, x[i]);
    if (t.rank > 1) nothing(g, "meshgrid", "a value that is no vector");
    grid[i] = tn_numel(t.rank, t.shape);
  }
  for (int i = 0; i < n; i++) {
    for (int a = 0; a < n; a++) shape[a] = a == i ? grid[i] : 1;
    out[i] = ag_broadcast(g, ag_reshape(g, x[i], n, shape), n, grid);
  }
}
