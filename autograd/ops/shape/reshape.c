#include "autograd/ops/op.h"

#include <stdio.h>

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

static void reshape_explain(const ag_type *in, int n, const ag_attr *attr, char *text, size_t size) {
  char from[128], to[128];
  ag_type target;
  (void)n;
  if (ag__get_shape(attr, &target))
    snprintf(text, size, "%s has %lld elements, the target %s has %lld",
             ag__shape_text(in->rank, in->shape, from, sizeof from), (long long)ag__numel(in),
             ag__shape_text(target.rank, target.shape, to, sizeof to), (long long)ag__numel(&target));
  else if (attr->i[0] >= 0 && attr->i[0] <= TN_MAX_RANK)
    snprintf(text, size, "the target %s is no shape",
             ag__shape_text((int)attr->i[0], attr->i + 1, to, sizeof to));
}

static ag_ref reshape_many(ag_graph *g, ag_ref y, const ag_many *m) {
  ag_type t = ag_type_of(g, y);
  int64_t shape[TN_MAX_RANK + 1] = {m->examples};
  memcpy(shape + 1, t.shape, (size_t)t.rank * sizeof *shape);
  return ag_reshape(g, m->in[0], t.rank + 1, shape);
}

const ag_op ag_op_reshape = {.name = "reshape",
                             .doc = "the same elements, in row-major order, under another shape",
                             .kind = AG_VIEW,
                             .arity = 1,
                             .flags = AG_ALIAS,
                             .infer = reshape_infer,
                             .explain = reshape_explain,
                             .run = ag__run_copy,
                             .vjp = reshape_vjp,
                             .many = reshape_many,
                             AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .attr.i = {3, 2, 1, 6}},
                                      {.n_in = 1, .in = {{2, {1, 1}}}, .attr.i = {0}})};

ag_ref ag_reshape(ag_graph *g, ag_ref x, int rank, const int64_t *shape) {
  ag_attr attr = {0};
  if (ag__has_shape(g, x, rank, shape)) return x;
  if (!ag__put_shape(g, "reshape", rank, shape, &attr)) return (ag_ref){0};
  return AG_EMIT(g, &ag_op_reshape, &attr, x);
}
