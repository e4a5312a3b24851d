#include "autograd/ops/op.h"

AG_EWISE1(sigmoid, tn_sigmoid(X))

static void sigmoid_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  dx[0] = ag_mul(g, dy, ag_mul(g, y, ag_sub(g, ag_like(g, y, 1), y)));
}

const ag_op ag_op_sigmoid = {
    AG_EWISE_FIELDS(sigmoid, 1), .doc = "1 / (1 + e^-x), stable on both sides", .flags = AG_ROWWISE,
    .vjp = sigmoid_vjp,
    AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}}, {.n_in = 1, .in = {{1, {5}}}, .low = -6, .high = 6})};

ag_ref ag_sigmoid(ag_graph *g, ag_ref x) { return AG_EMIT(g, &ag_op_sigmoid, NULL, x); }
