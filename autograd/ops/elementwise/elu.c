#include "autograd/ops/op.h"

AG_EWISE1(elu, tn_select(X > 0, X, tn_expm1(X) * A0))

/* d/dx is 1 above zero and alpha e^x = elu(x) + alpha below. */
static void elu_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_ref x = ag_in(g, y, 0);
  ag_ref positive = ag_greater(g, x, ag_like(g, x, 0));
  ag_ref slope = ag_where(g, positive, ag_like(g, x, 1), ag_offset(g, y, ag_attr_of(g, y)->f[0]));
  dx[0] = ag_mul(g, dy, slope);
}

const ag_op ag_op_elu = {AG_EWISE_FIELDS(elu, 1), .doc = "x where x > 0, else alpha (e^x - 1)",
                         .flags = AG_ROWWISE, .vjp = elu_vjp,
                         AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .attr.f = {1.0}},
                                  {.n_in = 1, .in = {{1, {7}}}, .attr.f = {0.5}, .low = -3, .high = -0.1})};

ag_ref ag_elu(ag_graph *g, ag_ref x, double alpha) {
  return AG_EMIT(g, &ag_op_elu, (&(ag_attr){.f = {alpha}}), x);
}
