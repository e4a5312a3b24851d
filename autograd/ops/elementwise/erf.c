#include "autograd/ops/op.h"

AG_EWISE1(erf, tn_erf(X))

static void erf_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_ref x = ag_in(g, y, 0);
  ag_ref bell = ag_exp(g, ag_neg(g, ag_square(g, x)));
  dx[0] = ag_mul(g, dy, ag_scale(g, bell, 1.1283791670955125739)); /* 2 / sqrt(pi) */
}

const ag_op ag_op_erf = {
    AG_EWISE_FIELDS(erf, 1), .doc = "the error function", .flags = AG_ROWWISE, .vjp = erf_vjp,
    AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}}, {.n_in = 1, .in = {{1, {7}}}, .low = -4, .high = 4})};

ag_ref ag_erf(ag_graph *g, ag_ref x) { return AG_EMIT(g, &ag_op_erf, NULL, x); }
