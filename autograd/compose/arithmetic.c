/* arithmetic.c - powers, sign, extrema and clamps, composed of primitives. */
#include "autograd/autograd.h"

#include <math.h>

ag_ref ag_neg(ag_graph *g, ag_ref x) { return ag_scale(g, x, -1); }

ag_ref ag_scale(ag_graph *g, ag_ref x, double factor) { return ag_mul(g, x, ag_like(g, x, factor)); }

ag_ref ag_offset(ag_graph *g, ag_ref x, double summand) { return ag_add(g, x, ag_like(g, x, summand)); }

ag_ref ag_square(ag_graph *g, ag_ref x) { return ag_mul(g, x, x); }

ag_ref ag_reciprocal(ag_graph *g, ag_ref x) { return ag_div(g, ag_like(g, x, 1), x); }

/* x^n by squaring: the derivatives are exact for x <= 0 too, where exp(n log x) has none. */
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
  return ag_power(g, x, ag_like(g, x, size));
}

/* ---- choices ----------------------------------------------------------------------- */

ag_ref ag_sign(ag_graph *g, ag_ref x) {
  ag_ref zero = ag_like(g, x, 0);
  return ag_sub(g, ag_greater(g, x, zero), ag_greater(g, zero, x));
}

/* ag_sign has derivative 0, so the derivative of abs is sign(x), which is 0 at 0. */
ag_ref ag_abs(ag_graph *g, ag_ref x) { return ag_mul(g, x, ag_sign(g, x)); }

/* A tie gives (a + b) / 2, so that each operand gets half of the derivative. A NaN in either operand fails
 * both comparisons; the sum then is NaN. */
static ag_ref larger(ag_graph *g, ag_ref a, ag_ref b, ag_ref a_wins, ag_ref b_wins) {
  ag_ref tie = ag_add(g, ag_scale(g, a, 0.5), ag_scale(g, b, 0.5));
  return ag_where(g, a_wins, a, ag_where(g, b_wins, b, tie));
}

ag_ref ag_maximum(ag_graph *g, ag_ref a, ag_ref b) {
  return larger(g, a, b, ag_greater(g, a, b), ag_greater(g, b, a));
}

ag_ref ag_minimum(ag_graph *g, ag_ref a, ag_ref b) {
  return larger(g, a, b, ag_greater(g, b, a), ag_greater(g, a, b));
}

/* At the bounds the derivative is 0, as outside. A NaN fails the comparisons, so the result is NaN. */
ag_ref ag_clamp(ag_graph *g, ag_ref x, double low, double high) {
  ag_ref least = ag_like(g, x, low), most = ag_like(g, x, high);
  ag_ref raised = ag_where(g, ag_greater_equal(g, least, x), least, x);
  return ag_where(g, ag_greater_equal(g, raised, most), most, raised);
}

static ag_ref of_numbers(ag_graph *g, ag_ref a, ag_ref b, ag_ref (*choose)(ag_graph *g, ag_ref a, ag_ref b)) {
  return ag_where(g, ag_isnan(g, a), b, ag_where(g, ag_isnan(g, b), a, choose(g, a, b)));
}

ag_ref ag_fmax(ag_graph *g, ag_ref a, ag_ref b) { return of_numbers(g, a, b, ag_maximum); }

ag_ref ag_fmin(ag_graph *g, ag_ref a, ag_ref b) { return of_numbers(g, a, b, ag_minimum); }

/* The sign of -0 shows in its reciprocal, -infinity. */
ag_ref ag_copysign(ag_graph *g, ag_ref x, ag_ref sign) {
  ag_ref zero = ag_like(g, sign, 0), s = ag_detach(g, sign);
  s = ag_where(g, ag_equal(g, s, zero), ag_reciprocal(g, s), s);
  ag_ref size = ag_abs(g, x);
  return ag_where(g, ag_less(g, s, zero), ag_neg(g, size), size);
}

ag_ref ag_lerp(ag_graph *g, ag_ref a, ag_ref b, ag_ref weight) {
  return ag_add(g, a, ag_mul(g, weight, ag_sub(g, b, a)));
}
