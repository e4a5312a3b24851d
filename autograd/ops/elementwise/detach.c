#include "autograd/ops/op.h"

static bool detach_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)n, (void)attr;
  *out = *in;
  return true;
}

const ag_op ag_op_detach = {.name = "detach",
                            .doc = "x, with derivative 0",
                            .kind = AG_VIEW,
                            .arity = 1,
                            .flags = AG_ROWWISE | AG_ALIAS | AG_NO_DERIVATIVE,
                            .infer = detach_infer,
                            .run = ag__run_copy,
                            .many = ag__many_same,
                            AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .order = -1})};

ag_ref ag_detach(ag_graph *g, ag_ref x) { return AG_EMIT(g, &ag_op_detach, NULL, x); }
