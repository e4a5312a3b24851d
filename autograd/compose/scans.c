/* scans.c - products, and running products, maxima and sums along axes.
 *
 * A product is a tree of products of halves. A running product multiplies the array with itself shifted by 1,
 * 2, 4, ... elements. Both take log n steps over whole arrays, and their derivatives are right even if
 * elements are 0. */
#include "autograd/compose/axis.h"

#include <math.h>

/* The product along the last axis, which is dropped. */
static ag_ref product(ag_graph *g, ag_ref x) {
  ag_type t = ag_type_of(g, x);
  if (!x.id) return x;
  int last = t.rank - 1;
  int64_t n = t.shape[last];
  ag_ref rest = {0};
  if (n == 0) return ag_full(g, t.dtype, last, t.shape, 1);
  for (; n > 1 && x.id; n /= 2) {
    if (n % 2) {
      ag_ref odd = ag_slice(g, x, last, n - 1, 1);
      rest = rest.id ? ag_mul(g, rest, odd) : odd;
    }
    x = ag_mul(g, ag_slice(g, x, last, 0, n / 2), ag_slice(g, x, last, n / 2, n / 2));
  }
  return ag_squeeze(g, rest.id ? ag_mul(g, x, rest) : x, last);
}

ag_ref ag_prod(ag_graph *g, ag_ref x, unsigned axes, bool keep) {
  ag_type t = ag_type_of(g, x), kept = t;
  int order[TN_MAX_RANK], n = 0;
  if (axes == AG_ALL_AXES) axes = (1u << t.rank) - 1;
  if (!ag__given(g, "prod", x)) return (ag_ref){0};
  if (axes >> t.rank)
    return ag_fail(g, TN_EINVAL, "prod: axes 0x%x of a value of rank %d", axes, t.rank), (ag_ref){0};
  for (int a = 0; a < t.rank; a++)
    if (!(axes >> a & 1)) order[n++] = a;
  int64_t shape[TN_MAX_RANK + 1], reduced = 1;
  for (int a = 0; a < n; a++) shape[a] = t.shape[order[a]];
  int left = n;
  for (int a = 0; a < t.rank; a++)
    if (axes >> a & 1) order[n++] = a, reduced *= t.shape[a], kept.shape[a] = 1;
  if (!axes) return x;
  shape[left] = reduced;
  ag_ref y = product(g, ag_reshape(g, ag_transpose(g, x, order), left + 1, shape));
  return keep ? ag_reshape(g, y, kept.rank, kept.shape) : y;
}

static ag_ref scan(ag_graph *g, const char *what, ag_ref x, int axis, double neutral,
                   ag_ref (*combine)(ag_graph *g, ag_ref a, ag_ref b)) {
  if ((axis = ag__axis(g, what, x, axis)) < 0) return (ag_ref){0};
  ag_type t = ag_type_of(g, x);
  int64_t n = t.shape[axis];
  for (int64_t shift = 1; shift < n && x.id; shift *= 2) {
    ag_ref moved = ag_pad_value(g, ag_slice(g, x, axis, 0, n - shift), axis, shift, 0, neutral);
    x = combine(g, x, moved);
  }
  return x;
}

ag_ref ag_cumprod(ag_graph *g, ag_ref x, int axis) { return scan(g, "cumprod", x, axis, 1, ag_mul); }

ag_ref ag_cummax(ag_graph *g, ag_ref x, int axis) {
  return scan(g, "cummax", x, axis, -INFINITY, ag_maximum);
}

ag_ref ag_cummin(ag_graph *g, ag_ref x, int axis) { return scan(g, "cummin", x, axis, INFINITY, ag_minimum); }

ag_ref ag_logcumsumexp(ag_graph *g, ag_ref x, int axis) {
  return scan(g, "logcumsumexp", x, axis, -INFINITY, ag_logaddexp);
}

ag_ref ag_diff(ag_graph *g, ag_ref x, int axis) {
  if ((axis = ag__axis(g, "diff", x, axis)) < 0) return (ag_ref){0};
  int64_t n = ag_type_of(g, x).shape[axis];
  if (n == 0) return x;
  return ag_sub(g, ag_slice(g, x, axis, 1, n - 1), ag_slice(g, x, axis, 0, n - 1));
}
