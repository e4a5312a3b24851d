#include "autograd/ops/op.h"

AG_EWISE2(power, tn_power(X, Y))

/* b = 0 is a special case: a^0 is constant, but its formula b a^(b-1) is NaN at a = 0. */
static void power_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_ref a = ag_in(g, y, 0), b = ag_in(g, y, 1), zero = ag_like(g, y, 0), one = ag_like(g, y, 1);
  ag_ref constant = ag_equal(g, b, zero);
  ag_ref slope = ag_mul(g, b, ag_power(g, ag_where(g, constant, one, a), ag_offset(g, b, -1)));
  dx[0] = ag_mul(g, dy, slope);
  ag_ref base = ag_where(g, ag_equal(g, a, zero), one, a);
  dx[1] = ag_mul(g, dy, ag_mul(g, y, ag_log(g, base)));
}

const ag_op ag_op_power = {
    AG_EWISE_FIELDS(power, 2),
    .doc = "a to the power of b, as C's pow; the derivative with respect to b is 0 at a = 0 and NaN below",
    .flags = AG_ROWWISE, .vjp = power_vjp,
    AG_CASES({.n_in = 2, .in = {{2, {3, 4}}, {2, {3, 4}}}, .low = 0.3, .high = 2},
             {.n_in = 2, .in = {{1, {4}}, {2, {3, 1}}}, .low = 0.3, .high = 2})};

ag_ref ag_power(ag_graph *g, ag_ref a, ag_ref b) { return AG_EMIT(g, &ag_op_power, NULL, a, b); }
