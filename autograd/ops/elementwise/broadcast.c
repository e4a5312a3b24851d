#include "autograd/ops/op.h"

/* attr.i: the new shape. Elementwise, so that it fuses; where a consumer broadcasts anyway it disappears on
 * emit. */

static bool broadcast_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)n;
  *out = (ag_type){.dtype = in->dtype};
  if (!ag__is_float(in->dtype)) return false;
  if (!ag__get_shape(attr, out) || out->rank < in->rank) return false;
  for (int a = 0, lead = out->rank - in->rank; a < in->rank; a++) {
    if (in->shape[a] != 1 && in->shape[a] != out->shape[lead + a]) return false;
  }
  return true;
}

AG_EWISE1(broadcast, X)

/* Law 2: grad.c sums back to shape. */
static void broadcast_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  (void)g, (void)y;
  dx[0] = dy;
}

const ag_op ag_op_broadcast = {AG_EWISE_FIELDS(broadcast, 1),
                               .doc = "repeated along axes of extent 1 and along new leading axes",
                               .flags = AG_BROADCASTS,
                               .infer = broadcast_infer,
                               .vjp = broadcast_vjp,
                               AG_CASES({.n_in = 1, .in = {{2, {3, 1}}}, .attr.i = {3, 2, 3, 4}},
                                        {.n_in = 1, .in = {{0}}, .attr.i = {2, 3, 2}})};

ag_ref ag_broadcast(ag_graph *g, ag_ref x, int rank, const int64_t *shape) {
  ag_attr attr = {0};
  if (ag__has_shape(g, x, rank, shape)) return x;
  if (!ag__put_shape(g, "broadcast", rank, shape, &attr)) return (ag_ref){0};
  return AG_EMIT(g, &ag_op_broadcast, &attr, x);
}
