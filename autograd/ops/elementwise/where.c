#include "autograd/ops/integers.h"

/* A choice, not mask * a + (1 - mask) * b: a NaN in the operand that is not chosen must not reach the
 * result. */
AG_EWISE3(where, X != 0 ? Y : Z)
AG_INTEGERS(where, 3, X != 0 ? Y : Z)

static void where_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_ref mask = ag_in(g, y, 0), zero = ag_like(g, dy, 0);
  dx[1] = ag_where(g, mask, dy, zero);
  dx[2] = ag_where(g, mask, zero, dy);
}

const ag_op ag_op_where = {AG_EWISE_FIELDS(where, 3), .doc = "a where the mask is not 0, else b",
                           .flags = AG_ROWWISE | AG_NODIFF_0, .vjp = where_vjp,
                           AG_CASES({.n_in = 3, .in = {{2, {3, 4}}, {2, {3, 4}}, {2, {3, 4}}}},
                                    {.n_in = 3, .in = {{2, {3, 1}}, {0}, {3, {2, 1, 4}}}})};

/* Casts a mask of an integer type (u8, such as comparisons of integers give) to the operands' type. */
ag_ref ag_where(ag_graph *g, ag_ref mask, ag_ref a, ag_ref b) {
  tn_dtype want = ag_type_of(g, a).dtype;
  if (mask.id && a.id && !ag__is_float(ag_type_of(g, mask).dtype)) mask = ag_cast(g, mask, want);
  return AG_EMIT_EITHER(g, where, mask, a, b);
}
