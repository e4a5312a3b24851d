#include "autograd/ops/op.h"

static bool assign_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)n, (void)attr;
  *out = in[0];
  return in[0].dtype == in[1].dtype && tn_same_shape(in[0].rank, in[0].shape, in[1].rank, in[1].shape);
}

/* It has no kernel: the plan writes the state after all its readers. It has neither a vjp nor
 * AG_NO_DERIVATIVE: an assignment is not a value, so a gradient through one is an error and not a silent
 * zero. */
const ag_op ag_op_assign = {
    .name = "assign",
    .doc = "an effect: the state gets this value after all its readers have read the old one",
    .kind = AG_EFFECT,
    .arity = 2,
    .infer = assign_infer,
    AG_CASES({.n_in = 2, .in = {{2, {3, 4}}, {2, {3, 4}}}, .order = -1})};

ag_ref ag_assign(ag_graph *g, ag_ref state, ag_ref value) {
  return AG_EMIT(g, &ag_op_assign, NULL, state, value);
}
