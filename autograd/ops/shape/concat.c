#include "autograd/ops/op.h"
#include "tensor/threads.h"

#include <stdio.h>

/* attr.i: [0] axis, [1] the number of inputs (for the derivative). */

static bool same_but_axis(const ag_type *a, const ag_type *b, int axis) {
  if (a->dtype != b->dtype || a->rank != b->rank) return false;
  for (int k = 0; k < a->rank; k++) {
    if (k != axis && a->shape[k] != b->shape[k]) return false;
  }
  return true;
}

static bool concat_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  if (n < 1 || attr->i[1] != n || attr->i[0] < 0 || attr->i[0] >= in->rank) return false;
  int axis = (int)attr->i[0];
  *out = *in;
  for (int k = 1; k < n; k++) {
    if (!same_but_axis(in, &in[k], axis)) return false;
    if (__builtin_add_overflow(out->shape[axis], in[k].shape[axis], &out->shape[axis])) return false;
  }
  return ag__countable(out);
}

/* A range of axis 0 of all operands, if they are joined along another axis: a thread's share. */
typedef struct stretches {
  const ag_call *call;
  int64_t parts;
} stretches;

static void join_stretch(void *ctx, int64_t i) {
  const stretches *s = ctx;
  const ag_call *call = s->call;
  int axis = (int)call->attr->i[0];
  int64_t rows = call->out.shape[0], first = rows * i / s->parts, count = rows * (i + 1) / s->parts - first;
  tn_view out = tn_view_slice(call->out, 0, first, 1, count);
  for (int64_t k = 0, start = 0; k < call->n_in; k++) {
    int64_t extent = call->in[k].shape[axis];
    tn_copy(tn_view_slice(out, axis, start, 1, extent), tn_view_slice(call->in[k], 0, first, 1, count));
    start += extent;
  }
}

static void concat_run(const ag_call *call) {
  enum { WORTH_THREADS = 1 << 15 /* elements */ };
  int axis = (int)call->attr->i[0];
  if (axis > 0) {
    stretches s = {call, 1};
    bool worth = call->threads > 1 && tn_view_numel(&call->out) >= WORTH_THREADS;
    if (worth) s.parts = 2 * (int64_t)call->threads;
    tn__parallel_near(s.parts, worth ? call->threads : 1, join_stretch, &s);
    return;
  }
  for (int64_t k = 0, start = 0; k < call->n_in; k++) {
    int64_t extent = call->in[k].shape[0];
    tn__copy(tn_view_slice(call->out, 0, start, 1, extent), call->in[k], call->threads);
    start += extent;
  }
}

static void concat_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  const ag_attr attr = *ag_attr_of(g, y);
  for (int64_t k = 0, start = 0; k < attr.i[1]; k++) {
    int64_t extent = ag_type_of(g, ag_in(g, y, (int)k)).shape[attr.i[0]];
    dx[k] = ag_slice(g, dy, (int)attr.i[0], start, extent);
    start += extent;
  }
}

static void concat_explain(const ag_type *in, int n, const ag_attr *attr, char *text, size_t size) {
  char first[128], other[128];
  int64_t axis = attr->i[0];
  if (n < 1) snprintf(text, size, "no operands");
  else if (axis < 0 || axis >= in->rank)
    snprintf(text, size, "axis %lld of a value of rank %d", (long long)axis, in->rank);
  for (int k = 1; k < n && !*text; k++)
    if (!same_but_axis(in, &in[k], (int)axis))
      snprintf(text, size, "operand %d, %s%s, cannot be joined to %s%s along axis %lld", k,
               tn_dtype_name(in[k].dtype), ag__shape_text(in[k].rank, in[k].shape, other, sizeof other),
               tn_dtype_name(in->dtype), ag__shape_text(in->rank, in->shape, first, sizeof first),
               (long long)axis);
}

const ag_op ag_op_concat = {
    .name = "concat",
    .doc = "values joined along one axis",
    .kind = AG_VIEW,
    .arity = -1,
    .infer = concat_infer,
    .explain = concat_explain,
    .run = concat_run,
    .vjp = concat_vjp,
    .many = ag__many_axis,
    AG_CASES({.n_in = 2, .in = {{2, {3, 4}}, {2, {1, 4}}}, .attr.i = {0, 2}},
             {.n_in = 3, .in = {{2, {3, 2}}, {2, {3, 1}}, {2, {3, 2}}}, .attr.i = {1, 3}})};

ag_ref ag_concat(ag_graph *g, const ag_ref *x, int n, int axis) {
  if (n > 0 && !x) return ag_fail(g, TN_EINVAL, "concat: no operands"), (ag_ref){0};
  return ag_emit(g, &ag_op_concat, x, n, &(ag_attr){.i = {axis, n}}, NULL);
}
