#include "autograd/ops/integers.h"

AG_EWISE2(sub, X - Y)
AG_INTEGERS(sub, 2, ag__wrap_sub(X, Y))

static void sub_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  (void)y;
  dx[0] = dy;
  dx[1] = ag_neg(g, dy);
}

const ag_op ag_op_sub = {
    AG_EWISE_FIELDS(sub, 2), .doc = "a - b", .flags = AG_ROWWISE | AG_IDENTITY_0, .vjp = sub_vjp,
    AG_CASES({.n_in = 2, .in = {{2, {3, 4}}, {2, {3, 4}}}}, {.n_in = 2, .in = {{1, {4}}, {2, {3, 4}}}},
             {.n_in = 2, .in = {{2, {3, 1}}, {3, {2, 1, 4}}}})};

ag_ref ag_sub(ag_graph *g, ag_ref a, ag_ref b) { return AG_EMIT_EITHER(g, sub, a, b); }
