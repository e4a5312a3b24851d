#include "autograd/ops/op.h"
#include "tensor/threads.h"

#include <stdio.h>
#include <stdlib.h>

/* attr.i: [0] axis, [1] start, [2] count, [3] step (0 stands for 1). */

static int64_t step_of(const ag_attr *attr) { return attr->i[3] ? attr->i[3] : 1; }

static bool slice_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  int64_t axis = attr->i[0], start = attr->i[1], count = attr->i[2], last;
  (void)n;
  if (axis < 0 || axis >= in->rank || start < 0 || count < 0) return false;
  if (start > in->shape[axis] - (count > 0)) return false;
  if (__builtin_mul_overflow(count - 1, step_of(attr), &last) || __builtin_add_overflow(start, last, &last))
    return false;
  if (count > 0 && (last < 0 || last >= in->shape[axis])) return false;
  *out = *in;
  out->shape[axis] = count;
  return true;
}

static void slice_explain(const ag_type *in, int n, const ag_attr *attr, char *text, size_t size) {
  char shape[128];
  (void)n;
  snprintf(text, size, "%lld places from %lld in steps of %lld along axis %lld do not lie in %s",
           (long long)attr->i[2], (long long)attr->i[1], (long long)step_of(attr), (long long)attr->i[0],
           ag__shape_text(in->rank, in->shape, shape, sizeof shape));
}

static void slice_run(const ag_call *call) {
  const int64_t *i = call->attr->i;
  tn__copy(call->out, tn_view_slice(call->in[0], (int)i[0], i[1], step_of(call->attr), i[2]), call->threads);
}

/* Pads the cotangent with zeros between and around its elements. That of a slice with a negative step is
 * reversed first. */
static void slice_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  const ag_attr attr = *ag_attr_of(g, y);
  int axis = (int)attr.i[0];
  int64_t start = attr.i[1], count = attr.i[2], step = step_of(&attr);
  int64_t extent = ag_type_of(g, ag_in(g, y, 0)).shape[axis];
  if (step < 0 && count > 0) {
    dy = ag_slice_step(g, dy, axis, count - 1, count, -1);
    start += (count - 1) * step;
  }
  int64_t used = count > 0 ? (count - 1) * llabs(step) + 1 : 0;
  dx[0] = ag_pad_interior(g, dy, axis, start, extent - start - used, llabs(step) - 1);
}

static int64_t slice_window(const ag_type *in, const ag_attr *attr) {
  int64_t below = tn_numel(in->rank - (int)attr->i[0] - 1, in->shape + attr->i[0] + 1);
  return step_of(attr) == 1 ? attr->i[1] * below : -1;
}

const ag_op ag_op_slice = {.name = "slice",
                           .doc = "count elements from start along one axis. ag_slice_step: count elements, "
                                  "step apart, backwards if step < 0",
                           .kind = AG_VIEW,
                           .arity = 1,
                           .infer = slice_infer,
                           .explain = slice_explain,
                           .run = slice_run,
                           .window = slice_window,
                           .vjp = slice_vjp,
                           .many = ag__many_axis,
                           AG_CASES({.n_in = 1, .in = {{2, {5, 3}}}, .attr.i = {0, 1, 2}},
                                    {.n_in = 1, .in = {{3, {2, 3, 4}}}, .attr.i = {2, 0, 3}},
                                    {.n_in = 1, .in = {{2, {7, 2}}}, .attr.i = {0, 1, 3, 2}},
                                    {.n_in = 1, .in = {{2, {2, 7}}}, .attr.i = {1, 6, 3, -3}},
                                    {.n_in = 1, .in = {{2, {3, 4}}}, .attr.i = {1, 3, 4, -1}})};

ag_ref ag_slice(ag_graph *g, ag_ref x, int axis, int64_t start, int64_t count) {
  return AG_EMIT(g, &ag_op_slice, (&(ag_attr){.i = {axis, start, count}}), x);
}

ag_ref ag_slice_step(ag_graph *g, ag_ref x, int axis, int64_t start, int64_t count, int64_t step) {
  if (step == 0) return ag_fail(g, TN_EINVAL, "slice: a step of 0"), (ag_ref){0};
  if (step == 1) return ag_slice(g, x, axis, start, count);
  if (step == INT64_MIN) return ag_fail(g, TN_EINVAL, "slice: a step beyond all extents"), (ag_ref){0};
  return AG_EMIT(g, &ag_op_slice, (&(ag_attr){.i = {axis, start, count, step}}), x);
}
