/* reductions.c - moments, norms and counts over sets of axes. */
#include "autograd/autograd.h"

#include <math.h>

static unsigned set_of(const ag_graph *g, ag_ref x, unsigned axes) {
  return axes == AG_ALL_AXES ? (1u << ag_type_of(g, x).rank) - 1 : axes;
}

/* The number of elements that are reduced to one. */
static double count_of(const ag_graph *g, ag_ref x, unsigned axes) {
  ag_type t = ag_type_of(g, x);
  double n = 1;
  for (int a = 0; a < t.rank; a++) n *= axes >> a & 1 ? (double)t.shape[a] : 1;
  return n;
}

/* sqrt whose derivatives of every order are 0 at 0. */
static ag_ref safe_sqrt(ag_graph *g, ag_ref x) {
  ag_ref zero = ag_like(g, x, 0), at_zero = ag_equal(g, x, zero);
  return ag_where(g, at_zero, zero, ag_sqrt(g, ag_where(g, at_zero, ag_like(g, x, 1), x)));
}

ag_ref ag_amax(ag_graph *g, ag_ref x, unsigned axes, bool keep) {
  return ag_max(g, x, set_of(g, x, axes), keep);
}

ag_ref ag_amin(ag_graph *g, ag_ref x, unsigned axes, bool keep) {
  return ag_neg(g, ag_amax(g, ag_neg(g, x), axes, keep));
}

ag_ref ag_mean(ag_graph *g, ag_ref x, unsigned axes, bool keep) {
  axes = set_of(g, x, axes);
  ag_ref total = ag_sum(g, x, axes, keep);
  return ag_div(g, total, ag_like(g, x, count_of(g, x, axes)));
}

ag_ref ag_var(ag_graph *g, ag_ref x, unsigned axes, int ddof, bool keep) {
  axes = set_of(g, x, axes);
  double n = count_of(g, x, axes) - ddof;
  ag_ref centred = ag_sub(g, x, ag_mean(g, x, axes, true));
  ag_ref total = ag_sum(g, ag_square(g, centred), axes, keep);
  return ag_div(g, total, ag_like(g, x, n > 0 ? n : 0));
}

ag_ref ag_std(ag_graph *g, ag_ref x, unsigned axes, int ddof, bool keep) {
  return safe_sqrt(g, ag_var(g, x, axes, ddof, keep));
}

ag_ref ag_count_nonzero(ag_graph *g, ag_ref x, unsigned axes, bool keep) {
  return ag_sum(g, ag_not_equal(g, x, ag_like(g, x, 0)), set_of(g, x, axes), keep);
}

ag_ref ag_any(ag_graph *g, ag_ref x, unsigned axes, bool keep) {
  ag_ref n = ag_count_nonzero(g, x, axes, keep);
  return ag_greater(g, n, ag_like(g, x, 0));
}

ag_ref ag_all(ag_graph *g, ag_ref x, unsigned axes, bool keep) {
  ag_ref zeros = ag_any(g, ag_logical_not(g, x), axes, keep);
  return ag_logical_not(g, zeros);
}

/* (sum |x|^p)^(1/p), where both powers have derivative 0 at 0. */
static ag_ref power_norm(ag_graph *g, ag_ref size, double p, unsigned axes, bool keep) {
  ag_ref zero = ag_like(g, size, 0), one = ag_like(g, size, 1), none = ag_equal(g, size, zero);
  ag_ref powers = ag_pow(g, ag_where(g, none, one, size), p);
  ag_ref total = ag_sum(g, ag_where(g, none, ag_like(g, size, p > 0 ? 0 : INFINITY), powers), axes, keep);
  ag_ref nothing = ag_equal(g, total, zero);
  return ag_where(g, nothing, zero, ag_power(g, ag_where(g, nothing, one, total), ag_like(g, size, 1 / p)));
}

ag_ref ag_norm(ag_graph *g, ag_ref x, double p, unsigned axes, bool keep) {
  axes = set_of(g, x, axes);
  if (isnan(p)) return ag_fail(g, TN_EINVAL, "norm: its order is NaN"), (ag_ref){0};
  if (p == 2) return safe_sqrt(g, ag_sum(g, ag_square(g, x), axes, keep));
  if (p == 0) return ag_count_nonzero(g, x, axes, keep);
  ag_ref size = ag_abs(g, x);
  if (p == 1) return ag_sum(g, size, axes, keep);
  if (isinf(p)) return p > 0 ? ag_amax(g, size, axes, keep) : ag_amin(g, size, axes, keep);
  return power_norm(g, size, p, axes, keep);
}

/* Shifted by the maximum, which is detached; an infinite maximum is replaced by 0. */
ag_ref ag_logsumexp_over(ag_graph *g, ag_ref x, unsigned axes, bool keep) {
  axes = set_of(g, x, axes);
  ag_ref top = ag_detach(g, ag_max(g, x, axes, true)), zero = ag_like(g, x, 0);
  ag_ref shift = ag_where(g, ag_isfinite(g, top), top, zero);
  ag_ref total = ag_sum(g, ag_exp(g, ag_sub(g, x, shift)), axes, true);
  ag_ref y = ag_add(g, ag_log(g, total), shift);
  return keep ? y : ag_sum(g, y, axes, false);
}

/* ---- NaN ------------------------------------------------------------------------------------------- */

ag_ref ag_nan_to_num(ag_graph *g, ag_ref x, double nan, double above, double below) {
  ag_ref y = ag_where(g, ag_isnan(g, x), ag_like(g, x, nan), x);
  y = ag_where(g, ag_equal(g, x, ag_like(g, x, INFINITY)), ag_like(g, x, above), y);
  return ag_where(g, ag_equal(g, x, ag_like(g, x, -INFINITY)), ag_like(g, x, below), y);
}

static ag_ref without_nan(ag_graph *g, ag_ref x) { return ag_where(g, ag_isnan(g, x), ag_like(g, x, 0), x); }

ag_ref ag_nansum(ag_graph *g, ag_ref x, unsigned axes, bool keep) {
  return ag_sum(g, without_nan(g, x), set_of(g, x, axes), keep);
}

ag_ref ag_nanmean(ag_graph *g, ag_ref x, unsigned axes, bool keep) {
  ag_ref n = ag_sum(g, ag_equal(g, x, x), set_of(g, x, axes), keep);
  return ag_div(g, ag_nansum(g, x, axes, keep), n);
}
