#include "autograd/ops/op.h"

AG_EWISE1(erfcinv, tn_erfcinv(X))

static void erfcinv_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_ref bell = ag_exp(g, ag_square(g, y));
  dx[0] = ag_mul(g, dy, ag_scale(g, bell, -0.88622692545275801365)); /* sqrt(pi) / 2 */
}

const ag_op ag_op_erfcinv = {AG_EWISE_FIELDS(erfcinv, 1),
                             .doc = "the inverse of erfc on [0, 2], accurate near 0 too; NaN beyond",
                             .flags = AG_ROWWISE, .vjp = erfcinv_vjp,
                             AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .low = 0.1, .high = 1.9},
                                      {.n_in = 1, .in = {{1, {7}}}, .low = 0.05, .high = 0.2})};

ag_ref ag_erfcinv(ag_graph *g, ag_ref x) { return AG_EMIT(g, &ag_op_erfcinv, NULL, x); }
