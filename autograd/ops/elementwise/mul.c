#include "autograd/ops/integers.h"

AG_EWISE2(mul, X *Y)
AG_INTEGERS(mul, 2, ag__wrap_mul(X, Y))

static void mul_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  dx[0] = ag_mul(g, dy, ag_in(g, y, 1));
  dx[1] = ag_mul(g, dy, ag_in(g, y, 0));
}

const ag_op ag_op_mul = {AG_EWISE_FIELDS(mul, 2), .doc = "a * b",
                         .flags = AG_COMMUTES | AG_ROWWISE | AG_IDENTITY_1, .vjp = mul_vjp,
                         AG_CASES({.n_in = 2, .in = {{2, {3, 4}}, {2, {3, 4}}}},
                                  {.n_in = 2, .in = {{2, {3, 4}}, {1, {4}}}},
                                  {.n_in = 2, .in = {{2, {3, 1}}, {3, {2, 1, 4}}}})};

ag_ref ag_mul(ag_graph *g, ag_ref a, ag_ref b) { return AG_EMIT_EITHER(g, mul, a, b); }
