/* products.c - named sums of products over axes (linear.h); einsum.c has the general one. */
#include "autograd/autograd.h"
#include "autograd/compose/axis.h"
#include "autograd/graph.h"

static void refuse(ag_graph *g, const char *what, ag_ref a, ag_ref b) {
  ag_type ta = ag_type_of(g, a), tb = ag_type_of(g, b);
  char text[2][128];
  if (ag__given(g, what, a) && ag__given(g, what, b))
    ag_fail(g, TN_ESHAPE, "%s: operands %s and %s do not fit", what,
            ag__type_text(&ta, text[0], sizeof text[0]), ag__type_text(&tb, text[1], sizeof text[1]));
}

/* Reshapes x to a matrix: the axes in `moved` are merged into rows (`front`) or columns, the others, in their
 * order, into the other axis. */
static ag_ref as_matrix(ag_graph *g, ag_ref x, const int *moved, int n, bool front) {
  ag_type t = ag_type_of(g, x);
  int order[TN_MAX_RANK], at = front ? n : 0;
  int64_t inner = 1, outer = 1;
  unsigned set = 0;
  for (int i = 0; i < n; i++) set |= 1u << moved[i], inner *= t.shape[moved[i]];
  for (int a = 0; a < t.rank; a++)
    if (!(set >> a & 1)) order[at++] = a, outer *= t.shape[a];
  for (int i = 0; i < n; i++) order[front ? i : at + i] = moved[i];
  int64_t shape[2] = {front ? inner : outer, front ? outer : inner};
  return ag_reshape(g, t.rank ? ag_transpose(g, x, order) : x, 2, shape);
}

static bool check_axes(ag_graph *g, ag_ref x, const int *axes, int n, int *out) {
  unsigned set = 0;
  if (n > 0 && !axes) return ag_fail(g, TN_EINVAL, "tensordot: the axes are NULL"), false;
  for (int i = 0; i < n; i++) {
    if ((out[i] = ag__axis(g, "tensordot", x, axes[i])) < 0) return false;
    if (set >> out[i] & 1) return ag_fail(g, TN_EINVAL, "tensordot: axis %d is named twice", axes[i]), false;
    set |= 1u << out[i];
  }
  return true;
}

ag_ref ag_tensordot(ag_graph *g, ag_ref a, ag_ref b, const int *axes_a, const int *axes_b, int n) {
  ag_type ta = ag_type_of(g, a), tb = ag_type_of(g, b), out = {.rank = 0};
  int in_a[TN_MAX_RANK], in_b[TN_MAX_RANK];
  bool fits =
      a.id && b.id && n >= 0 && n <= ta.rank && n <= tb.rank && ta.rank + tb.rank - 2 * n <= TN_MAX_RANK;
  if (!fits) return refuse(g, "tensordot", a, b), (ag_ref){0};
  if (!check_axes(g, a, axes_a, n, in_a) || !check_axes(g, b, axes_b, n, in_b)) return (ag_ref){0};
  unsigned gone_a = 0, gone_b = 0;
  for (int i = 0; i < n; i++) {
    gone_a |= 1u << in_a[i], gone_b |= 1u << in_b[i];
    fits &= ta.shape[in_a[i]] == tb.shape[in_b[i]];
  }
  if (!fits) return refuse(g, "tensordot", a, b), (ag_ref){0};
  for (int i = 0; i < ta.rank; i++)
    if (!(gone_a >> i & 1)) out.shape[out.rank++] = ta.shape[i];
  for (int i = 0; i < tb.rank; i++)
    if (!(gone_b >> i & 1)) out.shape[out.rank++] = tb.shape[i];
  ag_ref y = ag_contract(g, as_matrix(g, a, in_a, n, false), as_matrix(g, b, in_b, n, true), false, false);
  return ag_reshape(g, y, out.rank, out.shape);
}

ag_ref ag_outer(ag_graph *g, ag_ref a, ag_ref b) {
  ag_type t = ag_type_of(g, a);
  int rank = t.rank + ag_type_of(g, b).rank;
  if (!a.id || !b.id || rank > TN_MAX_RANK) return refuse(g, "outer", a, b), (ag_ref){0};
  while (t.rank < rank) t.shape[t.rank++] = 1;
  return ag_mul(g, ag_reshape(g, a, rank, t.shape), b);
}

ag_ref ag_inner(ag_graph *g, ag_ref a, ag_ref b) {
  return ag_tensordot(g, a, b, (int[]){-1}, (int[]){-1}, 1);
}

ag_ref ag_batch_dot(ag_graph *g, ag_ref a, ag_ref b) {
  ag_type ta = ag_type_of(g, a), tb = ag_type_of(g, b);
  bool fits = ta.rank > 0 && tb.rank > 0 && ta.shape[ta.rank - 1] == tb.shape[tb.rank - 1];
  if (!fits) return refuse(g, "batch_dot", a, b), (ag_ref){0};
  return ag_sum_axis(g, ag_mul(g, a, b), -1, false);
}

ag_ref ag_vdot(ag_graph *g, ag_ref a, ag_ref b) {
  ag_type ta = ag_type_of(g, a), tb = ag_type_of(g, b);
  if (!tn_same_shape(ta.rank, ta.shape, tb.rank, tb.shape)) return refuse(g, "vdot", a, b), (ag_ref){0};
  return ag_sum_all(g, ag_mul(g, a, b));
}

ag_ref ag_matvec(ag_graph *g, ag_ref a, ag_ref x) {
  ag_type t = ag_type_of(g, x);
  if (t.rank < 1 || t.rank >= TN_MAX_RANK) return refuse(g, "matvec", a, x), (ag_ref){0};
  t.shape[t.rank++] = 1;
  ag_ref y = ag_contract(g, a, ag_reshape(g, x, t.rank, t.shape), false, false);
  t = ag_type_of(g, y);
  return ag_reshape(g, y, t.rank - 1, t.shape);
}

ag_ref ag_kron(ag_graph *g, ag_ref a, ag_ref b) {
  ag_type ta = ag_type_of(g, a), tb = ag_type_of(g, b), wide = ta, out = ta;
  if (ta.rank != tb.rank || 2 * ta.rank > TN_MAX_RANK) return refuse(g, "kron", a, b), (ag_ref){0};
  int64_t narrow[TN_MAX_RANK];
  for (int i = 0; i < ta.rank; i++) {
    wide.shape[2 * i] = ta.shape[i], wide.shape[2 * i + 1] = 1;
    narrow[2 * i] = 1, narrow[2 * i + 1] = tb.shape[i];
    if (__builtin_mul_overflow(ta.shape[i], tb.shape[i], &out.shape[i]))
      return refuse(g, "kron", a, b), (ag_ref){0};
  }
  ag_ref y = ag_mul(g, ag_reshape(g, a, 2 * ta.rank, wide.shape), ag_reshape(g, b, 2 * ta.rank, narrow));
  return ag_reshape(g, y, out.rank, out.shape);
}

ag_ref ag_bilinear(ag_graph *g, ag_ref x, ag_ref w, ag_ref y) {
  return ag_einsum(g, "...i,oij,...j->...o", (ag_ref[]){x, w, y}, 3);
}
