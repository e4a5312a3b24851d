#include "autograd/ops/op.h"

#include <stdio.h>

/* attr.i: the new shape. The op is elementwise, so that it fuses. When an elementwise op reads the result,
 * that op takes the operand instead. */

static bool spread_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)n;
  *out = (ag_type){.dtype = in->dtype};
  if (!ag__get_shape(attr, out) || out->rank < in->rank) return false;
  for (int a = 0, lead = out->rank - in->rank; a < in->rank; a++) {
    if (in->shape[a] != 1 && in->shape[a] != out->shape[lead + a]) return false;
  }
  return true;
}

static bool broadcast_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  return ag__is_float(in->dtype) && spread_infer(in, n, attr, out);
}

static void broadcast_explain(const ag_type *in, int n, const ag_attr *attr, char *text, size_t size) {
  char from[128], to[128];
  (void)n;
  if (attr->i[0] >= 0 && attr->i[0] <= TN_MAX_RANK)
    snprintf(text, size, "%s cannot be broadcast to %s",
             ag__shape_text(in->rank, in->shape, from, sizeof from),
             ag__shape_text((int)attr->i[0], attr->i + 1, to, sizeof to));
}

AG_EWISE1(broadcast, X)

/* Fused blocks hold floats only, so integers are copied by a kernel. */
static void spread_run(const ag_call *call) {
  tn_copy(call->out, tn_view_broadcast(call->in[0], call->out.rank, call->out.shape));
}
static ag_ref spread_many(ag_graph *g, ag_ref y, const ag_many *m) {
  ag_type t = ag_type_of(g, y);
  ag_ref x = ag__lift(g, m->in[0], t.rank);
  memmove(t.shape + 1, t.shape, (size_t)t.rank * sizeof *t.shape);
  t.shape[0] = m->examples;
  return ag_broadcast(g, x, t.rank + 1, t.shape);
}
static const ag_op broadcast_integers = {.name = "broadcast",
                                         .kind = AG_VIEW,
                                         .arity = 1,
                                         .flags = AG_NO_DERIVATIVE,
                                         .infer = spread_infer,
                                         .explain = broadcast_explain,
                                         .run = spread_run,
                                         .many = spread_many};

/* grad.c sums the cotangent to the shape of the operand. */
static void broadcast_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  (void)g, (void)y;
  dx[0] = dy;
}

const ag_op ag_op_broadcast = {AG_EWISE_FIELDS(broadcast, 1),
                               .doc = "x repeated along axes of extent 1 and along new leading axes",
                               .flags = AG_BROADCASTS,
                               .infer = broadcast_infer,
                               .explain = broadcast_explain,
                               .vjp = broadcast_vjp,
                               AG_CASES({.n_in = 1, .in = {{2, {3, 1}}}, .attr.i = {3, 2, 3, 4}},
                                        {.n_in = 1, .in = {{0}}, .attr.i = {2, 3, 2}})};

ag_ref ag_broadcast(ag_graph *g, ag_ref x, int rank, const int64_t *shape) {
  ag_attr attr = {0};
  if (ag__has_shape(g, x, rank, shape)) return x;
  if (!ag__put_shape(g, "broadcast", rank, shape, &attr)) return (ag_ref){0};
  bool whole = x.id && !ag__is_float(ag_type_of(g, x).dtype);
  return AG_EMIT(g, whole ? &broadcast_integers : &ag_op_broadcast, &attr, x);
}
