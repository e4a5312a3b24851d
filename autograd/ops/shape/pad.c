#include "autograd/ops/op.h"
#include "tensor/threads.h"

#include <stdio.h>

/* attr.i: [0] axis, [1] zeros before, [2] zeros after, [3] zeros between neighbours. */

static bool pad_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  int64_t axis = attr->i[0], before = attr->i[1], after = attr->i[2], interior = attr->i[3], between;
  (void)n;
  if (axis < 0 || axis >= in->rank || before < 0 || after < 0 || interior < 0) return false;
  *out = *in;
  int64_t *extent = &out->shape[axis], gaps = *extent > 0 ? *extent - 1 : 0;
  return !__builtin_mul_overflow(gaps, interior, &between) &&
         !__builtin_add_overflow(*extent, between, extent) &&
         !__builtin_add_overflow(*extent, before, extent) &&
         !__builtin_add_overflow(*extent, after, extent) && ag__countable(out);
}

static void pad_explain(const ag_type *in, int n, const ag_attr *attr, char *text, size_t size) {
  char shape[128];
  (void)n;
  snprintf(text, size, "%lld before, %lld after, %lld between along axis %lld of %s", (long long)attr->i[1],
           (long long)attr->i[2], (long long)attr->i[3], (long long)attr->i[0],
           ag__shape_text(in->rank, in->shape, shape, sizeof shape));
}

static void pad_run(const ag_call *call) {
  const int64_t *i = call->attr->i;
  int axis = (int)i[0];
  int64_t extent = call->in[0].shape[axis], used = extent + (extent > 0 ? (extent - 1) * i[3] : 0);
  if (i[3]) {
    tn_fill(call->out, 0);
  } else {
    tn_fill(tn_view_slice(call->out, axis, 0, 1, i[1]), 0);
    tn_fill(tn_view_slice(call->out, axis, i[1] + used, 1, i[2]), 0);
  }
  tn__copy(tn_view_slice(call->out, axis, i[1], i[3] + 1, extent), call->in[0], call->threads);
}

static void pad_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  const ag_attr attr = *ag_attr_of(g, y);
  int axis = (int)attr.i[0];
  int64_t extent = ag_type_of(g, ag_in(g, y, 0)).shape[axis];
  dx[0] = ag_slice_step(g, dy, axis, attr.i[1], extent, attr.i[3] + 1);
}

const ag_op ag_op_pad = {.name = "pad",
                         .doc = "zeros before and after along one axis: the adjoint of slice. "
                                "ag_pad_interior: also between neighbours",
                         .kind = AG_VIEW,
                         .arity = 1,
                         .infer = pad_infer,
                         .explain = pad_explain,
                         .run = pad_run,
                         .vjp = pad_vjp,
                         .sum = ag__pad_sum,
                         .many = ag__many_axis,
                         AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .attr.i = {0, 1, 2}},
                                  {.n_in = 1, .in = {{3, {2, 3, 2}}}, .attr.i = {2, 0, 3}},
                                  {.n_in = 1, .in = {{2, {3, 2}}}, .attr.i = {0, 1, 0, 2}},
                                  {.n_in = 1, .in = {{2, {2, 3}}}, .attr.i = {1, 0, 2, 1}})};

ag_ref ag_pad(ag_graph *g, ag_ref x, int axis, int64_t before, int64_t after) {
  return ag_pad_interior(g, x, axis, before, after, 0);
}

ag_ref ag_pad_interior(ag_graph *g, ag_ref x, int axis, int64_t before, int64_t after, int64_t interior) {
  ag_type t = ag_type_of(g, x);
  if (x.id && axis >= 0 && axis < t.rank && before == 0 && after == 0 &&
      (interior == 0 || (interior > 0 && t.shape[axis] < 2)))
    return x;
  return AG_EMIT(g, &ag_op_pad, (&(ag_attr){.i = {axis, before, after, interior}}), x);
}
