#include "autograd/ops/op.h"

AG_EWISE1(log1p, tn_log1p(X))

static void log1p_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  dx[0] = ag_div(g, dy, ag_offset(g, ag_in(g, y, 0), 1));
}

const ag_op ag_op_log1p = {AG_EWISE_FIELDS(log1p, 1), .doc = "log(1 + x), accurate near 0",
                           .flags = AG_ROWWISE, .vjp = log1p_vjp,
                           AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .low = -0.6, .high = 3},
                                    {.n_in = 1, .in = {{1, {5}}}, .low = -1e-3, .high = 1e-3})};

ag_ref ag_log1p(ag_graph *g, ag_ref x) { return AG_EMIT(g, &ag_op_log1p, NULL, x); }
