#include "autograd/ops/index/rows.h"

#include <stdio.h>

/* attr.i: [0] axis of the rows, [1] number of batch axes, which x and index share. */

static bool gather_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  const ag_type *x = &in[0], *index = &in[1];
  int64_t axis = attr->i[0], batch = attr->i[1];
  (void)n;
  if (!ag__is_index(index->dtype) || batch < 0 || axis < batch || axis >= x->rank) return false;
  if (index->rank < batch || !tn_same_shape((int)batch, x->shape, (int)batch, index->shape)) return false;
  if (index->rank - batch + x->rank - 1 > TN_MAX_RANK) return false;
  *out = (ag_type){.dtype = x->dtype};
  for (int a = 0; a < axis; a++) out->shape[out->rank++] = x->shape[a];
  for (int a = (int)batch; a < index->rank; a++) out->shape[out->rank++] = index->shape[a];
  for (int a = (int)axis + 1; a < x->rank; a++) out->shape[out->rank++] = x->shape[a];
  return ag__countable(out);
}

static void gather_explain(const ag_type *in, int n, const ag_attr *attr, char *text, size_t size) {
  char x[128], index[128];
  (void)n;
  if (!ag__is_index(in[1].dtype))
    snprintf(text, size, "the index is %s, not i32 or i64", tn_dtype_name(in[1].dtype));
  else
    snprintf(text, size, "rows of %s along axis %lld by an index of %s with %lld batch axes",
             ag__shape_text(in[0].rank, in[0].shape, x, sizeof x), (long long)attr->i[0],
             ag__shape_text(in[1].rank, in[1].shape, index, sizeof index), (long long)attr->i[1]);
}

/* A row that does not exist reads as NaN (as 0 for an integer type) and makes the run fail. */
static void gather_run(const ag_call *call) {
  const tn_view *x = &call->in[0];
  ag__rows s = ag__rows_of(x, &call->in[1], (int)call->attr->i[0], (int)call->attr->i[1]);
  size_t bytes = (size_t)s.inner * tn_dtype_size(x->dtype);
  char *to = call->out.data;
  for (int64_t b = 0; b < s.batch; b++)
    for (int64_t p = 0; p < s.outer; p++) {
      const char *from = (const char *)x->data + (size_t)((b * s.outer + p) * s.rows) * bytes;
      for (int64_t j = 0; j < s.places && bytes; j++, to += bytes) {
        int64_t row = ag__row_at(call, "gather", &s, b, j);
        if (row >= 0) memcpy(to, from + (size_t)row * bytes, bytes);
        else tn_fill(tn_view_of(to, x->dtype, 1, &s.inner), NAN);
      }
    }
}

static void gather_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  const ag_attr attr = *ag_attr_of(g, y);
  int64_t rows = ag_type_of(g, ag_in(g, y, 0)).shape[attr.i[0]];
  dx[0] = ag_scatter_add_axis(g, dy, ag_in(g, y, 1), (int)attr.i[0], (int)attr.i[1], rows);
}

/* The array and the index may each be one per example or shared by all examples. */
static ag_ref gather_many(ag_graph *g, ag_ref y, const ag_many *m) {
  int axis = (int)ag_attr_of(g, y)->i[0], batch = (int)ag_attr_of(g, y)->i[1];
  if (!m->each[0] && axis == 0) return ag_gather_axis(g, m->in[0], m->in[1], 0, 0);
  if (!m->each[1] && batch == 0) return ag_gather_axis(g, m->in[0], m->in[1], axis + 1, 0);
  for (int i = 0; i < 2; i++)
    if (!m->each[i]) m->in[i] = ag__repeat(g, m->in[i], m->examples);
  return ag_gather_axis(g, m->in[0], m->in[1], axis + 1, batch + 1);
}

const ag_op ag_op_gather = {
    .name = "gather",
    .doc = "rows of x (along axis 0) by an i32 or i64 index of any shape; an index out of range fails the "
           "run. ag_gather_axis: along another axis, with leading axes that x and index share",
    .kind = AG_INDEX,
    .arity = 2,
    .flags = AG_NODIFF_0 << 1,
    .infer = gather_infer,
    .explain = gather_explain,
    .run = gather_run,
    .vjp = gather_vjp,
    .many = gather_many,
    AG_CASES({.n_in = 2, .in = {{2, {4, 3}}, {1, {6}}}, .index = TN_I32},
             {.n_in = 2, .in = {{3, {5, 2, 2}}, {2, {2, 3}}}, .index = TN_I64},
             {.n_in = 2, .in = {{1, {4}}, {0}}, .index = TN_I64},
             {.n_in = 2, .in = {{3, {2, 4, 3}}, {2, {3, 2}}}, .index = TN_I64, .attr.i = {1, 0}},
             {.n_in = 2, .in = {{3, {2, 3, 5}}, {2, {2, 3}}}, .index = TN_I32, .attr.i = {2, 1}},
             {.n_in = 2, .in = {{2, {3, 4}}, {1, {3}}}, .index = TN_I64, .attr.i = {1, 1}})};

ag_ref ag_gather(ag_graph *g, ag_ref x, ag_ref index) { return ag_gather_axis(g, x, index, 0, 0); }

ag_ref ag_gather_axis(ag_graph *g, ag_ref x, ag_ref index, int axis, int batch) {
  return AG_EMIT(g, &ag_op_gather, (&(ag_attr){.i = {axis, batch}}), x, index);
}
