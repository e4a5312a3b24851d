#include "autograd/ops/elementwise/trig.h"

AG_TRIG(sin, 0)

static void sin_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  dx[0] = ag_mul(g, dy, ag_cos(g, ag_in(g, y, 0)));
}

const ag_op ag_op_sin = {
    AG_EWISE_FIELDS(sin, 1), .doc = "the sine; x in radians", .flags = AG_ROWWISE, .vjp = sin_vjp,
    AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}}, {.n_in = 1, .in = {{1, {7}}}, .low = -9, .high = 9})};

ag_ref ag_sin(ag_graph *g, ag_ref x) { return AG_EMIT(g, &ag_op_sin, NULL, x); }
