#include "autograd/ops/op.h"

AG_EWISE2(div, X / Y)

/* d(a/b)/db = -(a/b)/b, which uses the quotient y. */
static void div_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  dx[0] = ag_div(g, dy, ag_in(g, y, 1));
  dx[1] = ag_neg(g, ag_mul(g, dx[0], y));
}

const ag_op ag_op_div = {AG_EWISE_FIELDS(div, 2), .doc = "a / b", .flags = AG_ROWWISE | AG_IDENTITY_1,
                         .vjp = div_vjp,
                         AG_CASES({.n_in = 2, .in = {{2, {3, 4}}, {2, {3, 4}}}, .low = 0.5, .high = 2},
                                  {.n_in = 2, .in = {{0}, {2, {3, 4}}}, .low = -2, .high = -0.5},
                                  {.n_in = 2, .in = {{2, {3, 1}}, {3, {2, 1, 4}}}, .low = 0.5, .high = 2})};

ag_ref ag_div(ag_graph *g, ag_ref a, ag_ref b) { return AG_EMIT(g, &ag_op_div, NULL, a, b); }
