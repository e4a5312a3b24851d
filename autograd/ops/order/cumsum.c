#include "autograd/ops/op.h"

#include <stdio.h>

/* attr.i: [0] axis, [1] whether the sum starts at the end. */

static bool cumsum_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)n;
  *out = *in;
  return ag__is_float(in->dtype) && attr->i[0] >= 0 && attr->i[0] < in->rank;
}

static void cumsum_explain(const ag_type *in, int n, const ag_attr *attr, char *text, size_t size) {
  char shape[128];
  (void)n;
  snprintf(text, size, "axis %lld of %s %s", (long long)attr->i[0], tn_dtype_name(in->dtype),
           ag__shape_text(in->rank, in->shape, shape, sizeof shape));
}

/* Adds whole rows along the axis, so that the inner loop runs over contiguous elements. */
#define CUMSUM(T)                                                                                            \
  static void cumsum_##T(const T *x, T *y, int64_t outer, int64_t n, int64_t inner, bool reverse) {          \
    for (int64_t o = 0; o < outer; o++)                                                                      \
      for (int64_t i = 0; i < n; i++) {                                                                      \
        int64_t at = (o * n + (reverse ? n - 1 - i : i)) * inner, last = at + (reverse ? inner : -inner);    \
        for (int64_t k = 0; k < inner; k++) y[at + k] = i ? y[last + k] + x[at + k] : x[at + k];             \
      }                                                                                                      \
  }
CUMSUM(float)
CUMSUM(double)

static void cumsum_run(const ag_call *call) {
  int axis = (int)call->attr->i[0];
  bool reverse = call->attr->i[1];
  const tn_view *x = &call->in[0];
  int64_t outer = tn_numel(axis, x->shape), n = x->shape[axis];
  int64_t inner = tn_numel(x->rank - axis - 1, x->shape + axis + 1);
  if (x->dtype == TN_F32) cumsum_float(x->data, call->out.data, outer, n, inner, reverse);
  else cumsum_double(x->data, call->out.data, outer, n, inner, reverse);
}

static void cumsum_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  const ag_attr attr = *ag_attr_of(g, y);
  dx[0] = ag_cumsum(g, dy, (int)attr.i[0], !attr.i[1]);
}

const ag_op ag_op_cumsum = {.name = "cumsum",
                            .doc = "running sums along one axis; from the end if `reverse`",
                            .kind = AG_OPAQUE,
                            .arity = 1,
                            .infer = cumsum_infer,
                            .explain = cumsum_explain,
                            .run = cumsum_run,
                            .vjp = cumsum_vjp,
                            .many = ag__many_axis,
                            AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .attr.i = {1, 0}},
                                     {.n_in = 1, .in = {{3, {2, 3, 4}}}, .attr.i = {1, 1}})};

ag_ref ag_cumsum(ag_graph *g, ag_ref x, int axis, bool reverse) {
  return AG_EMIT(g, &ag_op_cumsum, (&(ag_attr){.i = {axis, reverse}}), x);
}
