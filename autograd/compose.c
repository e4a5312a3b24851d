/* compose.c - the functions of autograd.h that are nothing but primitives. */
#include "autograd.h"

#include <math.h>

/* ---- arithmetic ------------------------------------------------------------------------------------ */

ag_ref ag_neg(ag_graph *g, ag_ref x) { return ag_scale(g, x, -1); }

ag_ref ag_scale(ag_graph *g, ag_ref x, double factor) { return ag_mul(g, x, ag_like(g, x, factor)); }

ag_ref ag_offset(ag_graph *g, ag_ref x, double summand) { return ag_add(g, x, ag_like(g, x, summand)); }

ag_ref ag_square(ag_graph *g, ag_ref x) { return ag_mul(g, x, x); }

ag_ref ag_reciprocal(ag_graph *g, ag_ref x) { return ag_div(g, ag_like(g, x, 1), x); }

/* x^n by squaring: exact derivatives at 0 and below, where exp(n log x) has none. */
static ag_ref power_of(ag_graph *g, ag_ref x, int n) {
  ag_ref result = {0};
  for (ag_ref square = x; n; n >>= 1) {
    if (n & 1) result = result.id ? ag_mul(g, result, square) : square;
    if (n > 1) square = ag_square(g, square);
  }
  return result;
}

ag_ref ag_pow(ag_graph *g, ag_ref x, double exponent) {
  enum { LARGEST = 64 };
  double size = fabs(exponent);
  ag_type t = ag_type_of(g, x);
  if (exponent == 0) return ag_broadcast(g, ag_like(g, x, 1), t.rank, t.shape);
  if (exponent < 0) return ag_reciprocal(g, ag_pow(g, x, size));
  if (size <= LARGEST && size == floor(size)) return power_of(g, x, (int)size);
  if (size == 0.5) return ag_sqrt(g, x);
  return ag_exp(g, ag_scale(g, ag_log(g, x), exponent));
}

/* ---- comparisons and choices ----------------------------------------------------------------------- */

ag_ref ag_less(ag_graph *g, ag_ref a, ag_ref b) { return ag_greater(g, b, a); }

ag_ref ag_less_equal(ag_graph *g, ag_ref a, ag_ref b) { return ag_greater_equal(g, b, a); }

ag_ref ag_logical_not(ag_graph *g, ag_ref mask) { return ag_equal(g, mask, ag_like(g, mask, 0)); }

ag_ref ag_sign(ag_graph *g, ag_ref x) {
  ag_ref zero = ag_like(g, x, 0);
  return ag_sub(g, ag_greater(g, x, zero), ag_greater(g, zero, x));
}

/* The sign is a constant for derivatives, which makes them sign(x): 0 at 0. */
ag_ref ag_abs(ag_graph *g, ag_ref x) { return ag_mul(g, x, ag_sign(g, x)); }

/* Written so that a NaN in a, where the variable usually is, comes through. */
ag_ref ag_maximum(ag_graph *g, ag_ref a, ag_ref b) { return ag_where(g, ag_greater_equal(g, b, a), b, a); }

ag_ref ag_minimum(ag_graph *g, ag_ref a, ag_ref b) { return ag_where(g, ag_greater_equal(g, a, b), b, a); }

ag_ref ag_clamp(ag_graph *g, ag_ref x, double low, double high) {
  return ag_minimum(g, ag_maximum(g, x, ag_like(g, x, low)), ag_like(g, x, high));
}

/* ---- activations ----------------------------------------------------------------------------------- */

ag_ref ag_relu(ag_graph *g, ag_ref x) { return ag_maximum(g, x, ag_like(g, x, 0)); }

ag_ref ag_leaky_relu(ag_graph *g, ag_ref x, double slope) {
  return ag_where(g, ag_greater(g, x, ag_like(g, x, 0)), x, ag_scale(g, x, slope));
}

/* Klambauer et al. 2017: the fixed point of mean 0 and variance 1. */
ag_ref ag_selu(ag_graph *g, ag_ref x) {
  return ag_scale(g, ag_elu(g, x, 1.6732632423543772848), 1.0507009873554804934);
}

ag_ref ag_silu(ag_graph *g, ag_ref x) { return ag_mul(g, x, ag_sigmoid(g, x)); }

ag_ref ag_gelu(ag_graph *g, ag_ref x) {
  ag_ref cubic = ag_mul(g, x, ag_offset(g, ag_scale(g, ag_square(g, x), 0.044715), 1));
  ag_ref gate = ag_tanh(g, ag_scale(g, cubic, 0.79788456080286535588)); /* sqrt(2 / pi) */
  return ag_mul(g, ag_scale(g, x, 0.5), ag_offset(g, gate, 1));
}

/* max(x, 0) + log(1 + e^-|x|), with one mask for both so that the kinks cancel in every derivative. */
ag_ref ag_softplus(ag_graph *g, ag_ref x) {
  ag_ref zero = ag_like(g, x, 0), positive = ag_greater(g, x, zero);
  ag_ref minus_abs = ag_where(g, positive, ag_neg(g, x), x);
  return ag_add(g, ag_where(g, positive, x, zero), ag_log1p(g, ag_exp(g, minus_abs)));
}

/* ---- over axes ------------------------------------------------------------------------------------- */

/* The axis counted from the front, or -1 after failing the graph. */
static int axis_of(ag_graph *g, const char *what, ag_ref x, int axis) {
  int rank = ag_type_of(g, x).rank;
  if (axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  if (x.id) ag_fail(g, TN_EINVAL, "%s: axis %d of a value of rank %d", what, axis, rank);
  return -1;
}

static ag_ref scaled_by_count(ag_graph *g, ag_ref sum, int64_t count) {
  return ag_scale(g, sum, 1 / (double)count);
}

ag_ref ag_sum_all(ag_graph *g, ag_ref x) { return ag_sum(g, x, (1u << ag_type_of(g, x).rank) - 1, false); }

ag_ref ag_mean_all(ag_graph *g, ag_ref x) {
  ag_type t = ag_type_of(g, x);
  return scaled_by_count(g, ag_sum_all(g, x), tn_numel(t.rank, t.shape));
}

ag_ref ag_sum_axis(ag_graph *g, ag_ref x, int axis, bool keep) {
  axis = axis_of(g, "sum_axis", x, axis);
  return axis < 0 ? (ag_ref){0} : ag_sum(g, x, 1u << axis, keep);
}

ag_ref ag_mean_axis(ag_graph *g, ag_ref x, int axis, bool keep) {
  axis = axis_of(g, "mean_axis", x, axis);
  if (axis < 0) return (ag_ref){0};
  return scaled_by_count(g, ag_sum(g, x, 1u << axis, keep), ag_type_of(g, x).shape[axis]);
}

ag_ref ag_max_axis(ag_graph *g, ag_ref x, int axis, bool keep) {
  axis = axis_of(g, "max_axis", x, axis);
  return axis < 0 ? (ag_ref){0} : ag_max(g, x, 1u << axis, keep);
}

/* Two passes: the mean of squares less the squared mean cancels. */
ag_ref ag_variance_axis(ag_graph *g, ag_ref x, int axis, bool keep) {
  ag_ref centred = ag_sub(g, x, ag_mean_axis(g, x, axis, true));
  return ag_mean_axis(g, ag_square(g, centred), axis, keep);
}

/* The maximum, as a constant; 0 in place of an infinite one, so that a row of -inf stays -inf rather than
 * NaN. */
static ag_ref shift_of(ag_graph *g, ag_ref x, int axis) {
  ag_ref top = ag_detach(g, ag_max(g, x, 1u << axis, true)), zero = ag_like(g, x, 0);
  return ag_where(g, ag_equal(g, ag_sub(g, top, top), zero), top, zero);
}

ag_ref ag_logsumexp(ag_graph *g, ag_ref x, int axis, bool keep) {
  axis = axis_of(g, "logsumexp", x, axis);
  if (axis < 0) return (ag_ref){0};
  ag_ref shift = shift_of(g, x, axis);
  ag_ref total = ag_sum(g, ag_exp(g, ag_sub(g, x, shift)), 1u << axis, true);
  ag_ref y = ag_add(g, ag_log(g, total), shift);
  return keep ? y : ag_sum(g, y, 1u << axis, false);
}

ag_ref ag_log_softmax(ag_graph *g, ag_ref x, int axis) {
  axis = axis_of(g, "log_softmax", x, axis);
  if (axis < 0) return (ag_ref){0};
  ag_ref shifted = ag_sub(g, x, shift_of(g, x, axis));
  return ag_sub(g, shifted, ag_log(g, ag_sum(g, ag_exp(g, shifted), 1u << axis, true)));
}

ag_ref ag_softmax(ag_graph *g, ag_ref x, int axis) {
  axis = axis_of(g, "softmax", x, axis);
  if (axis < 0) return (ag_ref){0};
  ag_ref e = ag_exp(g, ag_sub(g, x, shift_of(g, x, axis)));
  return ag_div(g, e, ag_sum(g, e, 1u << axis, true));
}

/* ---- matrices, random masks ------------------------------------------------------------------------ */

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

ag_ref ag_bernoulli(ag_graph *g, const char *name, tn_dtype dtype, int rank, const int64_t *shape, double p) {
  if (!(p >= 0 && p <= 1)) {
    ag_fail(g, TN_EINVAL, "bernoulli: p = %g is not between 0 and 1", p);
    return (ag_ref){0};
  }
  ag_ref u = ag_uniform(g, name, dtype, rank, shape);
  return ag_less(g, u, ag_like(g, u, p));
}
