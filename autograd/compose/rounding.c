/* rounding.c - rounding, fractional parts and remainders, composed of primitives. */
#include "autograd/autograd.h"

ag_ref ag_ceil(ag_graph *g, ag_ref x) { return ag_neg(g, ag_floor(g, ag_neg(g, x))); }

ag_ref ag_trunc(ag_graph *g, ag_ref x) {
  return ag_where(g, ag_greater(g, x, ag_like(g, x, 0)), ag_floor(g, x), ag_ceil(g, x));
}

ag_ref ag_frac(ag_graph *g, ag_ref x) { return ag_sub(g, x, ag_trunc(g, x)); }

/* fmod has the sign of a; where b has the other sign, b is added. */
ag_ref ag_remainder(ag_graph *g, ag_ref a, ag_ref b) {
  ag_ref zero = ag_like(g, a, 0), rest = ag_fmod(g, a, b);
  ag_ref unlike = ag_not_equal(g, ag_less(g, rest, zero), ag_less(g, b, zero));
  ag_ref other = ag_logical_and(g, unlike, ag_not_equal(g, rest, zero));
  return ag_where(g, other, ag_add(g, rest, b), rest);
}

ag_ref ag_floor_divide(ag_graph *g, ag_ref a, ag_ref b) { return ag_floor(g, ag_div(g, a, b)); }
