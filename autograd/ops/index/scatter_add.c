#include "autograd/ops/op.h"

/* attr.i: [0] rows of the output. */

static bool scatter_add_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  const ag_type *x = &in[0], *index = &in[1];
  (void)n;
  if (!ag__is_float(x->dtype) || !ag__is_index(index->dtype) || attr->i[0] < 0) return false;
  if (x->rank < index->rank || !tn_same_shape(index->rank, x->shape, index->rank, index->shape)) return false;
  if (x->rank - index->rank + 1 > TN_MAX_RANK) return false;
  *out = (ag_type){.dtype = x->dtype, .rank = 1, .shape = {attr->i[0]}};
  for (int a = index->rank; a < x->rank; a++) out->shape[out->rank++] = x->shape[a];
  return ag__countable(out);
}

/* One thread in index order, so that repeated rows always sum in the same order. */
#define ADD_ROWS(T, index, x, out)                                                                           \
  for (int64_t r = 0; r < rows; r++) {                                                                       \
    int64_t to = ag__index_at(index, r);                                                                     \
    if (to < 0 || to >= (out)->shape[0]) continue;                                                           \
    const T *from = (const T *)(x)->data + r * inner;                                                        \
    T *sum = (T *)(out)->data + to * inner;                                                                  \
    for (int64_t k = 0; k < inner; k++) sum[k] += from[k];                                                   \
  }

static void scatter_add_run(const ag_call *call) {
  const tn_view *x = &call->in[0], *index = &call->in[1], *out = &call->out;
  int64_t rows = tn_view_numel(index), inner = ag__row_size(out);
  tn_fill(*out, 0);
  if (x->dtype == TN_F32) ADD_ROWS(float, index, x, out)
  else ADD_ROWS(double, index, x, out)
}

static void scatter_add_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  dx[0] = ag_gather(g, dy, ag_in(g, y, 1));
}

const ag_op ag_op_scatter_add = {
    .name = "scatter_add",
    .doc = "row index[r] of the output is the sum of such rows r of x; others are 0, indices beyond are left "
           "out: "
           "the adjoint of gather",
    .kind = AG_INDEX,
    .arity = 2,
    .flags = AG_NODIFF_0 << 1,
    .infer = scatter_add_infer,
    .run = scatter_add_run,
    .vjp = scatter_add_vjp,
    AG_CASES({.n_in = 2, .in = {{2, {6, 3}}, {1, {6}}}, .index = TN_I32, .attr.i = {4}},
             {.n_in = 2, .in = {{3, {2, 3, 2}}, {2, {2, 3}}}, .index = TN_I64, .attr.i = {5}},
             {.n_in = 2, .in = {{0}, {0}}, .index = TN_I64, .attr.i = {4}})};

ag_ref ag_scatter_add(ag_graph *g, ag_ref x, ag_ref index, int64_t rows) {
  return AG_EMIT(g, &ag_op_scatter_add, (&(ag_attr){.i = {rows}}), x, index);
}
