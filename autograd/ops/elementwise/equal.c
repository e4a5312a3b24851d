#include "autograd/ops/integers.h"

AG_EWISE2(equal, X == Y)
AG_INTEGERS(equal, 2, X == Y)

const ag_op ag_op_equal = {AG_EWISE_FIELDS(equal, 2),
                           .doc = "the mask a == b: 1 or 0 in the type of a; 0 where either is NaN",
                           .flags = AG_COMMUTES | AG_ROWWISE | AG_NO_DERIVATIVE,
                           AG_CASES({.n_in = 2, .in = {{2, {3, 4}}, {2, {3, 4}}}, .order = -1},
                                    {.n_in = 2, .in = {{2, {3, 4}}, {1, {4}}}, .order = -1})};

ag_ref ag_equal(ag_graph *g, ag_ref a, ag_ref b) { return AG_EMIT_EITHER(g, equal, a, b); }
