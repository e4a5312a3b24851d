#include "autograd/ops/op.h"

/* attr.i: [0] the element type of the output. */

static bool cast_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)n;
  if (attr->i[0] < TN_F32 || attr->i[0] > TN_U8) return false;
  *out = *in;
  out->dtype = (tn_dtype)attr->i[0];
  return true;
}

/* A cast from or to an integer type has no derivative. */
static void cast_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  tn_dtype from = ag_type_of(g, ag_in(g, y, 0)).dtype;
  if (ag__is_float(from) && ag__is_float(ag_type_of(g, y).dtype)) dx[0] = ag_cast(g, dy, from);
}

const ag_op ag_op_cast = {.name = "cast",
                          .doc = "x in another element type; float to integer truncates",
                          .kind = AG_OPAQUE,
                          .arity = 1,
                          .flags = AG_ROWWISE,
                          .infer = cast_infer,
                          .run = ag__run_copy,
                          .vjp = cast_vjp,
                          .many = ag__many_same,
                          AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .attr.i = {TN_F64}})};

ag_ref ag_cast(ag_graph *g, ag_ref x, tn_dtype dtype) {
  if (x.id && ag_type_of(g, x).dtype == dtype) return x;
  return AG_EMIT(g, &ag_op_cast, (&(ag_attr){.i = {dtype}}), x);
}
