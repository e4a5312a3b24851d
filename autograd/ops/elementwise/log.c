#include "autograd/ops/op.h"

AG_EWISE1(log, tn_log(X))

static void log_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) { dx[0] = ag_div(g, dy, ag_in(g, y, 0)); }

const ag_op ag_op_log = {AG_EWISE_FIELDS(log, 1), .doc = "the natural logarithm", .flags = AG_ROWWISE,
                         .vjp = log_vjp, AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .low = 0.3, .high = 4})};

ag_ref ag_log(ag_graph *g, ag_ref x) { return AG_EMIT(g, &ag_op_log, NULL, x); }
