#include "autograd/ops/integers.h"

AG_EWISE2(add, X + Y)
AG_INTEGERS(add, 2, ag__wrap_add(X, Y))

static void add_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  (void)g, (void)y;
  dx[0] = dx[1] = dy;
}

const ag_op ag_op_add = {AG_EWISE_FIELDS(add, 2), .doc = "a + b",
                         .flags = AG_COMMUTES | AG_ROWWISE | AG_IDENTITY_0, .vjp = add_vjp,
                         AG_CASES({.n_in = 2, .in = {{2, {3, 4}}, {2, {3, 4}}}},
                                  {.n_in = 2, .in = {{2, {3, 4}}, {0}}},
                                  {.n_in = 2, .in = {{2, {3, 1}}, {3, {2, 1, 4}}}})};

ag_ref ag_add(ag_graph *g, ag_ref a, ag_ref b) { return AG_EMIT_EITHER(g, add, a, b); }
