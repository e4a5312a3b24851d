/* random_attr.c - shared by uniform and normal. attr.i: the shape, then the element type. */
#include "autograd/ops/op.h"

bool ag__random_type(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  int64_t dtype = attr->i[AG__RANDOM_DTYPE];
  (void)in, (void)n;
  if (dtype != TN_F32 && dtype != TN_F64) return false;
  *out = (ag_type){.dtype = (tn_dtype)dtype};
  return ag__get_shape(attr, out);
}

ag_ref ag__emit_random(ag_graph *g, const ag_op *op, const char *name, tn_dtype dtype, int rank,
                       const int64_t *shape) {
  ag_attr attr = {0};
  if (!name || !*name) {
    ag_fail(g, TN_EINVAL, "%s: needs a name, the stream it draws from", op->name);
    return (ag_ref){0};
  }
  if (!ag__put_shape(g, op->name, rank, shape, &attr)) return (ag_ref){0};
  attr.i[AG__RANDOM_DTYPE] = dtype;
  return ag_emit(g, op, NULL, 0, &attr, name);
}
