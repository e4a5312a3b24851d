#include "autograd/ops/op.h"

/* attr.i: [0] axis, [1] start, [2] count. */

static bool slice_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  int64_t axis = attr->i[0], start = attr->i[1], count = attr->i[2];
  (void)n;
  if (axis < 0 || axis >= in->rank || start < 0 || count < 0) return false;
  if (count > in->shape[axis] || start > in->shape[axis] - count) return false;
  *out = *in;
  out->shape[axis] = count;
  return true;
}

static void slice_run(const ag_call *call) {
  const int64_t *i = call->attr->i;
  tn_copy(call->out, tn_view_slice(call->in[0], (int)i[0], i[1], 1, i[2]));
}

static void slice_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  const int64_t *i = ag_attr_of(g, y)->i;
  int64_t extent = ag_type_of(g, ag_in(g, y, 0)).shape[i[0]];
  dx[0] = ag_pad(g, dy, (int)i[0], i[1], extent - i[1] - i[2]);
}

const ag_op ag_op_slice = {.name = "slice",
                           .doc = "count places from start along one axis",
                           .kind = AG_VIEW,
                           .arity = 1,
                           .infer = slice_infer,
                           .run = slice_run,
                           .vjp = slice_vjp,
                           AG_CASES({.n_in = 1, .in = {{2, {5, 3}}}, .attr.i = {0, 1, 2}},
                                    {.n_in = 1, .in = {{3, {2, 3, 4}}}, .attr.i = {2, 0, 3}})};

ag_ref ag_slice(ag_graph *g, ag_ref x, int axis, int64_t start, int64_t count) {
  return AG_EMIT(g, &ag_op_slice, (&(ag_attr){.i = {axis, start, count}}), x);
}
