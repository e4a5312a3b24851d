#include "autograd/ops/op.h"

AG_EWISE1(round, tn_round(X))

const ag_op ag_op_round = {AG_EWISE_FIELDS(round, 1),
                           .doc = "the nearest integer; halves are rounded to even",
                           .flags = AG_ROWWISE | AG_NO_DERIVATIVE,
                           AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .order = -1},
                                    {.n_in = 1, .in = {{1, {7}}}, .low = -9, .high = 9, .order = -1})};

ag_ref ag_round(ag_graph *g, ag_ref x) { return AG_EMIT(g, &ag_op_round, NULL, x); }
