#include "autograd/ops/op.h"

/* attr.i: [0] axis, [1] zeros before, [2] zeros after. */

static bool pad_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  int64_t axis = attr->i[0], before = attr->i[1], after = attr->i[2];
  (void)n;
  if (axis < 0 || axis >= in->rank || before < 0 || after < 0) return false;
  *out = *in;
  return !__builtin_add_overflow(in->shape[axis], before, &out->shape[axis]) &&
         !__builtin_add_overflow(out->shape[axis], after, &out->shape[axis]) && ag__countable(out);
}

static void pad_run(const ag_call *call) {
  const int64_t *i = call->attr->i;
  int axis = (int)i[0];
  int64_t extent = call->in[0].shape[axis];
  tn_fill(tn_view_slice(call->out, axis, 0, 1, i[1]), 0);
  tn_copy(tn_view_slice(call->out, axis, i[1], 1, extent), call->in[0]);
  tn_fill(tn_view_slice(call->out, axis, i[1] + extent, 1, i[2]), 0);
}

static void pad_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  const int64_t *i = ag_attr_of(g, y)->i;
  dx[0] = ag_slice(g, dy, (int)i[0], i[1], ag_type_of(g, ag_in(g, y, 0)).shape[i[0]]);
}

const ag_op ag_op_pad = {.name = "pad",
                         .doc = "zeros before and after along one axis: the adjoint of slice",
                         .kind = AG_VIEW,
                         .arity = 1,
                         .infer = pad_infer,
                         .run = pad_run,
                         .vjp = pad_vjp,
                         .sum = ag__pad_sum,
                         AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .attr.i = {0, 1, 2}},
                                  {.n_in = 1, .in = {{3, {2, 3, 2}}}, .attr.i = {2, 0, 3}})};

ag_ref ag_pad(ag_graph *g, ag_ref x, int axis, int64_t before, int64_t after) {
  return AG_EMIT(g, &ag_op_pad, (&(ag_attr){.i = {axis, before, after}}), x);
}
