/* arithmetic.c - powers, comparisons and choices as primitives. */
#include "autograd/autograd.h"

#include <math.h>

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
