#include "autograd/ops/op.h"

AG_EWISE1(exp2, tn_exp2(X))

static void exp2_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  dx[0] = ag_mul(g, dy, ag_scale(g, y, 0.69314718055994530942)); /* log 2 */
}

const ag_op ag_op_exp2 = {
    AG_EWISE_FIELDS(exp2, 1), .doc = "2 to the power of x", .flags = AG_ROWWISE, .vjp = exp2_vjp,
    AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}}, {.n_in = 1, .in = {{1, {7}}}, .low = -4, .high = 4})};

ag_ref ag_exp2(ag_graph *g, ag_ref x) { return AG_EMIT(g, &ag_op_exp2, NULL, x); }
