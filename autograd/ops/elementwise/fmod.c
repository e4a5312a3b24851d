#include "autograd/ops/op.h"

AG_EWISE2(fmod, tn_fmod(X, Y))

static void fmod_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  dx[0] = dy;
  dx[1] = ag_neg(g, ag_mul(g, dy, ag_trunc(g, ag_div(g, ag_in(g, y, 0), ag_in(g, y, 1)))));
}

const ag_op ag_op_fmod = {AG_EWISE_FIELDS(fmod, 2),
                          .doc = "what remains of a after whole multiples of b, with a's sign: C's fmod",
                          .flags = AG_ROWWISE, .vjp = fmod_vjp,
                          AG_CASES({.n_in = 2, .in = {{2, {3, 4}}, {0}}, .low = 0.3, .high = 0.9},
                                   {.n_in = 2, .in = {{1, {5}}, {1, {5}}}, .low = 2, .high = 2.5})};

ag_ref ag_fmod(ag_graph *g, ag_ref a, ag_ref b) { return AG_EMIT(g, &ag_op_fmod, NULL, a, b); }
