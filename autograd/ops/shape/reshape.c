#include "autograd/ops/op.h"

/* attr.i: the new shape. */

static bool reshape_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)n;
  *out = (ag_type){.dtype = in->dtype};
  return ag__get_shape(attr, out) && ag__numel(out) == ag__numel(in);
}

static void reshape_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_type t = ag_type_of(g, ag_in(g, y, 0));
  dx[0] = ag_reshape(g, dy, t.rank, t.shape);
}

const ag_op ag_op_reshape = {.name = "reshape",
                             .doc = "the same elements, in row-major order, under another shape",
                             .kind = AG_VIEW,
                             .arity = 1,
                             .flags = AG_ALIAS,
                             .infer = reshape_infer,
                             .run = ag__run_copy,
                             .vjp = reshape_vjp,
                             AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .attr.i = {3, 2, 1, 6}},
                                      {.n_in = 1, .in = {{2, {1, 1}}}, .attr.i = {0}})};

ag_ref ag_reshape(ag_graph *g, ag_ref x, int rank, const int64_t *shape) {
  ag_attr attr = {0};
  if (ag__has_shape(g, x, rank, shape)) return x;
  if (!ag__put_shape(g, "reshape", rank, shape, &attr)) return (ag_ref){0};
  return AG_EMIT(g, &ag_op_reshape, &attr, x);
}
