#include "autograd/ops/op.h"

static bool row_norm_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)n, (void)attr;
  if (!ag__is_float(in->dtype) || in->rank < 1) return false;
  *out = *in;
  out->shape[in->rank - 1] = 1;
  return true;
}

static void row_norm_run(const ag_call *call) {
  int64_t rows = tn_view_numel(&call->out);
  tn_reduce(TN_SUM_SQUARES, call->in[0], 1u << (call->in[0].rank - 1), call->out);
  if (call->out.dtype == TN_F32) {
    float *y = call->out.data;
    for (int64_t r = 0; r < rows; r++) y[r] = sqrtf(y[r]);
  } else {
    double *y = call->out.data;
    for (int64_t r = 0; r < rows; r++) y[r] = sqrt(y[r]);
  }
}

/* x / |x|, and 0 at a zero row. Both `where` are needed: the inner one avoids 0/0, the outer one makes every
 * higher derivative 0 at a zero row too. */
static void row_norm_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_ref nonzero = ag_greater(g, y, ag_like(g, y, 0));
  ag_ref norm = ag_where(g, nonzero, y, ag_like(g, y, 1));
  ag_ref factor = ag_where(g, nonzero, ag_div(g, dy, norm), ag_like(g, y, 0));
  dx[0] = ag_mul(g, ag_in(g, y, 0), factor);
}

const ag_op ag_op_row_norm = {
    .name = "row_norm",
    .doc = "the Euclidean norm along the last axis, kept as extent 1; derivatives 0 at a zero row",
    .kind = AG_REDUCE,
    .arity = 1,
    .flags = AG_ROWWISE,
    .infer = row_norm_infer,
    .run = row_norm_run,
    .vjp = row_norm_vjp,
    .many = ag__many_same,
    AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .low = 0.2, .high = 2},
             {.n_in = 1, .in = {{3, {2, 3, 4}}}, .low = -2, .high = -0.2})};

ag_ref ag_row_norm(ag_graph *g, ag_ref x) { return AG_EMIT(g, &ag_op_row_norm, NULL, x); }
