#include "autograd/ops/op.h"

AG_EWISE1(exp, tn_exp(X))

static void exp_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) { dx[0] = ag_mul(g, dy, y); }

const ag_op ag_op_exp = {
    AG_EWISE_FIELDS(exp, 1), .doc = "e^x", .flags = AG_ROWWISE, .vjp = exp_vjp,
    AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}}, {.n_in = 1, .in = {{0}}, .low = 1, .high = 3})};

ag_ref ag_exp(ag_graph *g, ag_ref x) { return AG_EMIT(g, &ag_op_exp, NULL, x); }
