/* masks.c - comparisons, and logic on masks, composed of primitives. */
#include "autograd/autograd.h"

#include <math.h>

ag_ref ag_less(ag_graph *g, ag_ref a, ag_ref b) { return ag_greater(g, b, a); }

ag_ref ag_less_equal(ag_graph *g, ag_ref a, ag_ref b) { return ag_greater_equal(g, b, a); }

ag_ref ag_not_equal(ag_graph *g, ag_ref a, ag_ref b) { return ag_logical_not(g, ag_equal(g, a, b)); }

ag_ref ag_logical_not(ag_graph *g, ag_ref mask) { return ag_equal(g, mask, ag_like(g, mask, 0)); }

/* 1 where the mask is not 0, else 0. */
static ag_ref truth(ag_graph *g, ag_ref mask) { return ag_not_equal(g, mask, ag_like(g, mask, 0)); }

ag_ref ag_logical_and(ag_graph *g, ag_ref a, ag_ref b) { return ag_mul(g, truth(g, a), truth(g, b)); }

ag_ref ag_logical_or(ag_graph *g, ag_ref a, ag_ref b) {
  return truth(g, ag_add(g, truth(g, a), truth(g, b)));
}

ag_ref ag_logical_xor(ag_graph *g, ag_ref a, ag_ref b) { return ag_not_equal(g, truth(g, a), truth(g, b)); }

ag_ref ag_isnan(ag_graph *g, ag_ref x) { return ag_not_equal(g, x, x); }

ag_ref ag_isinf(ag_graph *g, ag_ref x) {
  return ag_add(g, ag_equal(g, x, ag_like(g, x, INFINITY)), ag_equal(g, x, ag_like(g, x, -INFINITY)));
}

/* x - x is 0 unless x is NaN or infinite. */
ag_ref ag_isfinite(ag_graph *g, ag_ref x) { return ag_equal(g, ag_sub(g, x, x), ag_like(g, x, 0)); }
