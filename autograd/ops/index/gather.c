#include "autograd/ops/op.h"

static bool gather_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  const ag_type *x = &in[0], *index = &in[1];
  (void)n, (void)attr;
  if (x->rank < 1 || !ag__is_float(x->dtype) || !ag__is_index(index->dtype)) return false;
  if (index->rank + x->rank - 1 > TN_MAX_RANK) return false;
  *out = *index;
  out->dtype = x->dtype;
  for (int a = 1; a < x->rank; a++) out->shape[out->rank++] = x->shape[a];
  return ag__countable(out);
}

/* A row that does not exist reads as NaN: wrong, visibly, and never out of bounds. */
static void gather_run(const ag_call *call) {
  const tn_view *x = &call->in[0], *index = &call->in[1];
  int64_t rows = tn_view_numel(index), inner = ag__row_size(x);
  size_t bytes = (size_t)inner * tn_dtype_size(x->dtype);
  for (int64_t r = 0; r < rows && inner; r++) {
    int64_t from = ag__index_at(index, r);
    char *to = (char *)call->out.data + (size_t)r * bytes;
    if (from >= 0 && from < x->shape[0]) memcpy(to, (const char *)x->data + (size_t)from * bytes, bytes);
    else tn_fill(tn_view_of(to, x->dtype, 1, &inner), NAN);
  }
}

static void gather_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  dx[0] = ag_scatter_add(g, dy, ag_in(g, y, 1), ag_type_of(g, ag_in(g, y, 0)).shape[0]);
}

const ag_op ag_op_gather = {
    .name = "gather",
    .doc =
        "rows of x (places along axis 0) by an i32 or i64 index of any shape; NaN where no such row exists",
    .kind = AG_INDEX,
    .arity = 2,
    .flags = AG_NODIFF_0 << 1,
    .infer = gather_infer,
    .run = gather_run,
    .vjp = gather_vjp,
    AG_CASES({.n_in = 2, .in = {{2, {4, 3}}, {1, {6}}}, .index = TN_I32},
             {.n_in = 2, .in = {{3, {5, 2, 2}}, {2, {2, 3}}}, .index = TN_I64},
             {.n_in = 2, .in = {{1, {4}}, {0}}, .index = TN_I64})};

ag_ref ag_gather(ag_graph *g, ag_ref x, ag_ref index) { return AG_EMIT(g, &ag_op_gather, NULL, x, index); }
