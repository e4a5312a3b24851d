#include "autograd/ops/op.h"

AG_EWISE1(tanh, tn_tanh(X))

static void tanh_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  dx[0] = ag_mul(g, dy, ag_sub(g, ag_like(g, y, 1), ag_square(g, y)));
}

const ag_op ag_op_tanh = {
    AG_EWISE_FIELDS(tanh, 1), .doc = "the hyperbolic tangent", .flags = AG_ROWWISE, .vjp = tanh_vjp,
    AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}}, {.n_in = 1, .in = {{1, {5}}}, .low = -5, .high = 5})};

ag_ref ag_tanh(ag_graph *g, ag_ref x) { return AG_EMIT(g, &ag_op_tanh, NULL, x); }
