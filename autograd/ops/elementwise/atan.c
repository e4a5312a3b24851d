#include "autograd/ops/op.h"

AG_EWISE1(atan, tn_atan(X))

static void atan_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_ref x = ag_in(g, y, 0);
  dx[0] = ag_div(g, dy, ag_offset(g, ag_square(g, x), 1));
}

const ag_op ag_op_atan = {
    AG_EWISE_FIELDS(atan, 1), .doc = "the arc tangent, in radians", .flags = AG_ROWWISE, .vjp = atan_vjp,
    AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}}, {.n_in = 1, .in = {{1, {7}}}, .low = -4, .high = 4})};

ag_ref ag_atan(ag_graph *g, ag_ref x) { return AG_EMIT(g, &ag_op_atan, NULL, x); }
