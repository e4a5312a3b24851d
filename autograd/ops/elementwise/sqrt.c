#include "autograd/ops/op.h"

AG_EWISE1(sqrt, tn_sqrt(X))

static void sqrt_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  dx[0] = ag_scale(g, ag_div(g, dy, y), 0.5);
}

const ag_op ag_op_sqrt = {AG_EWISE_FIELDS(sqrt, 1), .doc = "the square root; infinite derivative at 0",
                          .flags = AG_ROWWISE, .vjp = sqrt_vjp,
                          AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .low = 0.3, .high = 4})};

ag_ref ag_sqrt(ag_graph *g, ag_ref x) { return AG_EMIT(g, &ag_op_sqrt, NULL, x); }
