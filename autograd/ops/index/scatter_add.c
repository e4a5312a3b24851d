#include "autograd/ops/index/rows.h"

#include <stdio.h>

/* attr.i: [0] rows of the output, [1] their axis, [2] number of batch axes, which x and index share. */

static bool scatter_add_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  const ag_type *x = &in[0], *index = &in[1];
  int64_t rows = attr->i[0], axis = attr->i[1], batch = attr->i[2], places = index->rank - batch;
  (void)n;
  if (!ag__is_float(x->dtype) || !ag__is_index(index->dtype) || rows < 0) return false;
  if (batch < 0 || places < 0 || axis < batch || x->rank < axis + places) return false;
  if (!tn_same_shape((int)batch, x->shape, (int)batch, index->shape)) return false;
  if (!tn_same_shape((int)places, x->shape + axis, (int)places, index->shape + batch)) return false;
  if (x->rank - places + 1 > TN_MAX_RANK) return false;
  *out = (ag_type){.dtype = x->dtype};
  for (int a = 0; a < axis; a++) out->shape[out->rank++] = x->shape[a];
  out->shape[out->rank++] = rows;
  for (int a = (int)(axis + places); a < x->rank; a++) out->shape[out->rank++] = x->shape[a];
  return ag__countable(out);
}

static void scatter_add_explain(const ag_type *in, int n, const ag_attr *attr, char *text, size_t size) {
  char x[128], index[128];
  (void)n;
  if (!ag__is_index(in[1].dtype))
    snprintf(text, size, "the index is %s, not i32 or i64", tn_dtype_name(in[1].dtype));
  else
    snprintf(text, size, "%s onto %lld rows along axis %lld by an index of %s with %lld batch axes",
             ag__shape_text(in[0].rank, in[0].shape, x, sizeof x), (long long)attr->i[0],
             (long long)attr->i[1], ag__shape_text(in[1].rank, in[1].shape, index, sizeof index),
             (long long)attr->i[2]);
}

/* One thread adds in the order of the index, so that repeated rows are always summed in the same order. */
#define ADD_ROWS(T)                                                                                          \
  static void add_rows_##T(const ag_call *call, const ag__rows *s) {                                         \
    const T *from = call->in[0].data;                                                                        \
    for (int64_t b = 0; b < s->batch; b++)                                                                   \
      for (int64_t p = 0; p < s->outer; p++) {                                                               \
        T *all = (T *)call->out.data + (b * s->outer + p) * s->rows * s->inner;                              \
        for (int64_t j = 0; j < s->places; j++, from += s->inner) {                                          \
          int64_t row = ag__row_at(call, "scatter_add", s, b, j);                                            \
          for (int64_t k = 0; row >= 0 && k < s->inner; k++) all[row * s->inner + k] += from[k];             \
        }                                                                                                    \
      }                                                                                                      \
  }
ADD_ROWS(float)
ADD_ROWS(double)

static void scatter_add_run(const ag_call *call) {
  ag__rows s = ag__rows_of(&call->out, &call->in[1], (int)call->attr->i[1], (int)call->attr->i[2]);
  tn_fill(call->out, 0);
  if (call->out.dtype == TN_F32) add_rows_float(call, &s);
  else add_rows_double(call, &s);
}

static void scatter_add_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  const ag_attr attr = *ag_attr_of(g, y);
  dx[0] = ag_gather_axis(g, dy, ag_in(g, y, 1), (int)attr.i[1], (int)attr.i[2]);
}

static ag_ref scatter_add_many(ag_graph *g, ag_ref y, const ag_many *m) {
  const ag_attr attr = *ag_attr_of(g, y);
  int axis = (int)attr.i[1], batch = (int)attr.i[2];
  if (!m->each[1] && batch == 0) return ag_scatter_add_axis(g, m->in[0], m->in[1], axis + 1, 0, attr.i[0]);
  for (int i = 0; i < 2; i++)
    if (!m->each[i]) m->in[i] = ag__repeat(g, m->in[i], m->examples);
  return ag_scatter_add_axis(g, m->in[0], m->in[1], axis + 1, batch + 1, attr.i[0]);
}

const ag_op ag_op_scatter_add = {
    .name = "scatter_add",
    .doc = "the adjoint of gather: row i of the output is the sum of the rows r of x with index[r] = i, or "
           "0; an index out of range fails the run. ag_scatter_add_axis: along another axis, with batch axes",
    .kind = AG_INDEX,
    .arity = 2,
    .flags = AG_NODIFF_0 << 1,
    .infer = scatter_add_infer,
    .explain = scatter_add_explain,
    .run = scatter_add_run,
    .vjp = scatter_add_vjp,
    .many = scatter_add_many,
    AG_CASES({.n_in = 2, .in = {{2, {6, 3}}, {1, {6}}}, .index = TN_I32, .attr.i = {4}},
             {.n_in = 2, .in = {{3, {2, 3, 2}}, {2, {2, 3}}}, .index = TN_I64, .attr.i = {5}},
             {.n_in = 2, .in = {{0}, {0}}, .index = TN_I64, .attr.i = {4}},
             {.n_in = 2, .in = {{4, {2, 3, 2, 2}}, {2, {3, 2}}}, .index = TN_I64, .attr.i = {4, 1}},
             {.n_in = 2, .in = {{3, {2, 3, 3}}, {2, {2, 3}}}, .index = TN_I32, .attr.i = {5, 2, 1}})};

ag_ref ag_scatter_add(ag_graph *g, ag_ref x, ag_ref index, int64_t rows) {
  return ag_scatter_add_axis(g, x, index, 0, 0, rows);
}

ag_ref ag_scatter_add_axis(ag_graph *g, ag_ref x, ag_ref index, int axis, int batch, int64_t rows) {
  return AG_EMIT(g, &ag_op_scatter_add, (&(ag_attr){.i = {rows, axis, batch}}), x, index);
}
