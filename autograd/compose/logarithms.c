/* logarithms.c - logarithms, and sums and roots that neither overflow nor lose digits, composed of
 * primitives. */
#include "autograd/autograd.h"

#include <math.h>

ag_ref ag_log2(ag_graph *g, ag_ref x) { return ag_scale(g, ag_log(g, x), 1.44269504088896340736); }

ag_ref ag_log10(ag_graph *g, ag_ref x) { return ag_scale(g, ag_log(g, x), 0.43429448190325182765); }

ag_ref ag_rsqrt(ag_graph *g, ag_ref x) { return ag_reciprocal(g, ag_sqrt(g, x)); }

/* The larger and the smaller of a and b, chosen by one mask, so that at a tie each operand is chosen once. */
static void order(ag_graph *g, ag_ref a, ag_ref b, ag_ref *high, ag_ref *low) {
  ag_ref swapped = ag_greater(g, b, a);
  *high = ag_where(g, swapped, b, a);
  *low = ag_where(g, swapped, a, b);
}

/* Scaled by the larger, which is a constant for derivatives: its contributions cancel. */
ag_ref ag_hypot(ag_graph *g, ag_ref a, ag_ref b) {
  ag_ref high, low, x = ag_abs(g, a), y = ag_abs(g, b), one = ag_like(g, a, 1);
  order(g, ag_detach(g, x), ag_detach(g, y), &high, &low);
  ag_ref usable = ag_logical_and(g, ag_isfinite(g, high), ag_greater(g, high, ag_like(g, a, 0)));
  ag_ref scale = ag_where(g, usable, high, one);
  ag_ref sum = ag_add(g, ag_square(g, ag_div(g, a, scale)), ag_square(g, ag_div(g, b, scale)));
  ag_ref nonzero = ag_not_equal(g, sum, ag_like(g, a, 0)); /* where both are 0 the derivatives are 0 */
  ag_ref root = ag_where(g, nonzero, ag_sqrt(g, ag_where(g, nonzero, sum, one)), ag_like(g, a, 0));
  ag_ref infinite = ag_logical_or(g, ag_isinf(g, a), ag_isinf(g, b)); /* even if the other operand is NaN */
  return ag_where(g, infinite, ag_like(g, a, INFINITY), ag_mul(g, scale, root));
}

/* high + log(1 + e^(low - high)); an infinite maximum is the result. */
ag_ref ag_logaddexp(ag_graph *g, ag_ref a, ag_ref b) {
  ag_ref high, low;
  order(g, a, b, &high, &low);
  ag_ref infinite = ag_logical_and(g, ag_isinf(g, high), ag_equal(g, low, low)), zero = ag_like(g, a, 0);
  ag_ref gap = ag_sub(g, ag_where(g, infinite, zero, low), ag_where(g, infinite, zero, high));
  ag_ref finite = ag_add(g, high, ag_log1p(g, ag_exp(g, gap)));
  return ag_where(g, infinite, high, finite);
}

/* x log(y), and 0 at x = 0 unless y is NaN: there the logarithm takes `safe` where it would not be finite. */
static ag_ref x_log(ag_graph *g, ag_ref x, ag_ref y, ag_ref (*log_of)(ag_graph *g, ag_ref y), double safe) {
  ag_ref none = ag_less_equal(g, y, ag_like(g, y, safe - 1));
  ag_ref beyond = ag_logical_or(g, none, ag_equal(g, y, ag_like(g, y, INFINITY)));
  ag_ref harmless = ag_logical_and(g, ag_equal(g, x, ag_like(g, x, 0)), beyond);
  return ag_mul(g, x, log_of(g, ag_where(g, harmless, ag_like(g, y, safe), y)));
}

ag_ref ag_xlogy(ag_graph *g, ag_ref x, ag_ref y) { return x_log(g, x, y, ag_log, 1); }

ag_ref ag_xlog1py(ag_graph *g, ag_ref x, ag_ref y) { return x_log(g, x, y, ag_log1p, 0); }

ag_ref ag_logit(ag_graph *g, ag_ref p) { return ag_sub(g, ag_log(g, p), ag_log1p(g, ag_neg(g, p))); }

ag_ref ag_digamma(ag_graph *g, ag_ref x) { return ag_polygamma(g, 0, x); }

ag_ref ag_ndtr(ag_graph *g, ag_ref x) {
  return ag_scale(g, ag_erfc(g, ag_scale(g, x, -0.70710678118654752440)), 0.5);
}

ag_ref ag_ndtri(ag_graph *g, ag_ref p) {
  return ag_scale(g, ag_erfcinv(g, ag_scale(g, p, 2)), -1.41421356237309504880);
}
