#include "autograd/ops/elementwise/trig.h"

AG_TRIG(cos, 1)

static void cos_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  dx[0] = ag_mul(g, dy, ag_neg(g, ag_sin(g, ag_in(g, y, 0))));
}

const ag_op ag_op_cos = {
    AG_EWISE_FIELDS(cos, 1), .doc = "the cosine; x in radians", .flags = AG_ROWWISE, .vjp = cos_vjp,
    AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}}, {.n_in = 1, .in = {{1, {7}}}, .low = -9, .high = 9})};

ag_ref ag_cos(ag_graph *g, ag_ref x) { return AG_EMIT(g, &ag_op_cos, NULL, x); }
