#include "autograd/ops/op.h"

AG_EWISE2(atan2, tn_atan2(X, Y))

static void atan2_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_ref a = ag_in(g, y, 0), b = ag_in(g, y, 1);
  ag_ref share = ag_div(g, dy, ag_add(g, ag_square(g, a), ag_square(g, b)));
  dx[0] = ag_mul(g, share, b);
  dx[1] = ag_mul(g, share, ag_neg(g, a));
}

const ag_op ag_op_atan2 = {
    AG_EWISE_FIELDS(atan2, 2),
    .doc = "the angle of the point (x, y) seen from the origin, in radians from -pi to pi",
    .flags = AG_ROWWISE, .vjp = atan2_vjp,
    AG_CASES({.n_in = 2, .in = {{2, {3, 4}}, {2, {3, 4}}}},
             {.n_in = 2, .in = {{1, {4}}, {2, {3, 1}}}, .low = 0.2, .high = 3},
             {.n_in = 2, .in = {{2, {3, 4}}, {0}}, .low = -3, .high = -0.2})};

ag_ref ag_atan2(ag_graph *g, ag_ref y, ag_ref x) { return AG_EMIT(g, &ag_op_atan2, NULL, y, x); }
