#include "autograd/ops/op.h"

AG_EWISE1(expm1, tn_expm1(X))

static void expm1_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  dx[0] = ag_mul(g, dy, ag_offset(g, y, 1));
}

const ag_op ag_op_expm1 = {
    AG_EWISE_FIELDS(expm1, 1), .doc = "e^x - 1, accurate near 0", .flags = AG_ROWWISE, .vjp = expm1_vjp,
    AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}}, {.n_in = 1, .in = {{1, {5}}}, .low = -1e-3, .high = 1e-3})};

ag_ref ag_expm1(ag_graph *g, ag_ref x) { return AG_EMIT(g, &ag_op_expm1, NULL, x); }
