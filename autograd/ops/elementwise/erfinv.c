#include "autograd/ops/op.h"

AG_EWISE1(erfinv, tn_erfinv(X))

static void erfinv_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_ref bell = ag_exp(g, ag_square(g, y));
  dx[0] = ag_mul(g, dy, ag_scale(g, bell, 0.88622692545275801365)); /* sqrt(pi) / 2 */
}

const ag_op ag_op_erfinv = {AG_EWISE_FIELDS(erfinv, 1),
                            .doc = "the inverse of erf: infinite at -1 and 1, NaN beyond",
                            .flags = AG_ROWWISE, .vjp = erfinv_vjp,
                            AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .low = -0.9, .high = 0.9},
                                     {.n_in = 1, .in = {{1, {7}}}, .low = -0.3, .high = 0.3})};

ag_ref ag_erfinv(ag_graph *g, ag_ref x) { return AG_EMIT(g, &ag_op_erfinv, NULL, x); }
