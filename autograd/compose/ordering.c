/* ordering.c - sort, topk, argmax, median, quantile: functions of the order of values along one axis. */
#include "autograd/compose/axis.h"

#include <math.h>

ag_ref ag_sort(ag_graph *g, ag_ref x, int axis, bool descending) {
  axis = ag__axis(g, "sort", x, axis);
  return axis < 0 ? (ag_ref){0} : ag_take_along_axis(g, x, ag_argsort(g, x, axis, descending), axis);
}

ag_ref ag_topk(ag_graph *g, ag_ref x, int64_t k, int axis, bool largest, ag_ref *places) {
  if (places) *places = (ag_ref){0};
  if ((axis = ag__axis(g, "topk", x, axis)) < 0) return (ag_ref){0};
  int64_t n = ag_type_of(g, x).shape[axis];
  if (k < 0 || k > n) {
    ag_fail(g, TN_EINVAL, "topk: %lld of %lld places", (long long)k, (long long)n);
    return (ag_ref){0};
  }
  ag_ref at = ag_slice(g, ag_argsort(g, x, axis, largest), axis, 0, k);
  if (places) *places = at;
  return ag_take_along_axis(g, x, at, axis);
}

/* The index of the first largest value, or of the first NaN, as a number of x's type. */
ag_ref ag_argmax(ag_graph *g, ag_ref x, int axis, bool keep) {
  if ((axis = ag__axis(g, "argmax", x, axis)) < 0) return (ag_ref){0};
  ag_type t = ag_type_of(g, x);
  int64_t n = t.shape[axis], shape[TN_MAX_RANK];
  if (n == 0) return ag_fail(g, TN_EINVAL, "argmax: axis %d has no place", axis), (ag_ref){0};
  for (int a = 0; a < t.rank; a++) shape[a] = a == axis ? n : 1;
  ag_ref place = ag_reshape(g, ag_arange(g, TN_F64, 0, (double)n, 1), t.rank, shape);
  ag_ref best = ag_logical_or(g, ag_equal(g, x, ag_max(g, x, 1u << axis, true)), ag_isnan(g, x));
  ag_ref first = ag_amin(g, ag_where(g, ag_cast(g, best, TN_F64), place, ag_scalar(g, TN_F64, (double)n)),
                         1u << axis, keep);
  return ag_cast(g, first, TN_I64);
}

ag_ref ag_argmin(ag_graph *g, ag_ref x, int axis, bool keep) {
  return ag_argmax(g, ag_neg(g, x), axis, keep);
}

static ag_ref place_of(ag_graph *g, ag_ref sorted, int axis, int64_t place, bool keep) {
  ag_ref y = ag_slice(g, sorted, axis, place, 1);
  return keep ? y : ag_squeeze(g, y, axis);
}

ag_ref ag_kthvalue(ag_graph *g, ag_ref x, int64_t k, int axis, bool keep) {
  if ((axis = ag__axis(g, "kthvalue", x, axis)) < 0) return (ag_ref){0};
  int64_t n = ag_type_of(g, x).shape[axis];
  if (k < 1 || k > n) {
    ag_fail(g, TN_EINVAL, "kthvalue: %lld of %lld values", (long long)k, (long long)n);
    return (ag_ref){0};
  }
  return place_of(g, ag_sort(g, x, axis, false), axis, k - 1, keep);
}

/* A constant to add: NaN if the line has a NaN (which sorts last, so the last value tells), else 0. */
static ag_ref nan_if_any(ag_graph *g, ag_ref sorted, int axis, int64_t n, bool keep) {
  ag_ref last = place_of(g, sorted, axis, n - 1, keep), zero = ag_like(g, last, 0);
  return ag_where(g, ag_isnan(g, last), ag_like(g, last, NAN), zero);
}

ag_ref ag_quantile(ag_graph *g, ag_ref x, double q, int axis, bool keep) {
  if ((axis = ag__axis(g, "quantile", x, axis)) < 0) return (ag_ref){0};
  int64_t n = ag_type_of(g, x).shape[axis];
  if (!(q >= 0 && q <= 1) || n == 0) {
    ag_fail(g, TN_EINVAL, "quantile: %g of %lld values", q, (long long)n);
    return (ag_ref){0};
  }
  ag_ref sorted = ag_sort(g, x, axis, false);
  double at = q * (double)(n - 1), part = at - floor(at);
  ag_ref low = place_of(g, sorted, axis, (int64_t)at, keep), y = low;
  if (part > 0) {
    ag_ref high = place_of(g, sorted, axis, (int64_t)at + 1, keep);
    y = ag_add(g, low, ag_scale(g, ag_sub(g, high, low), part));
  }
  return ag_add(g, y, nan_if_any(g, sorted, axis, n, keep));
}

ag_ref ag_median(ag_graph *g, ag_ref x, int axis, bool keep) {
  if ((axis = ag__axis(g, "median", x, axis)) < 0) return (ag_ref){0};
  int64_t n = ag_type_of(g, x).shape[axis];
  if (n == 0) return ag_fail(g, TN_EINVAL, "median: axis %d has no place", axis), (ag_ref){0};
  ag_ref sorted = ag_sort(g, x, axis, false);
  return ag_add(g, place_of(g, sorted, axis, (n - 1) / 2, keep), nan_if_any(g, sorted, axis, n, keep));
}

ag_ref ag_searchsorted(ag_graph *g, ag_ref sorted, ag_ref values, bool right) {
  int rank = ag_type_of(g, values).rank;
  if (sorted.id && ag_type_of(g, sorted).rank != 1) {
    ag_fail(g, TN_ESHAPE, "searchsorted: the sorted values have rank %d, not 1", ag_type_of(g, sorted).rank);
    return (ag_ref){0};
  }
  ag_ref each = ag_unsqueeze(g, values, -1);
  ag_ref below = right ? ag_less_equal(g, sorted, each) : ag_less(g, sorted, each);
  return ag_cast(g, ag_sum(g, below, 1u << rank, false), TN_I64);
}
