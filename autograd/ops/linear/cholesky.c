#include "autograd/ops/op.h"
#include "tensor/factor.h"

#include <stdio.h>

static bool cholesky_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)n, (void)attr;
  *out = *in;
  return ag__is_square(in);
}

/* Factors the mean of a and its transpose, so that each element of a has its own derivative. */
#define COPY_SYMMETRIC(T)                                                                                    \
  for (int64_t i = 0; i < n; i++)                                                                            \
    for (int64_t j = 0; j <= i; j++) {                                                                       \
      const T *x = a.data;                                                                                   \
      ((T *)l.data)[i * n + j] = x[i * n + j] + (x[j * n + i] - x[i * n + j]) / 2;                           \
    }

static void cholesky_run(const ag_call *call) {
  for (int64_t b = 0, batch = ag__matrices(&call->out); b < batch; b++) {
    tn_view a = ag__matrix_at(&call->in[0], b), l = ag__matrix_at(&call->out, b);
    int64_t n = a.shape[0];
    if (a.dtype == TN_F32) COPY_SYMMETRIC(float)
    else COPY_SYMMETRIC(double)
    int64_t bad = tn_cholesky(l, call->threads);
    if (bad < 0) continue;
    snprintf(
        call->error, AG_SENTENCE,
        "cholesky: matrix %lld of the batch is not positive definite: its leading minor of order %lld is not "
        "positive",
        (long long)b, (long long)bad + 1);
    return;
  }
}

/* Murray 2016 (arXiv:1602.07527): dA = L'^-1 F(L' dL) L^-1 with F the lower triangle, its diagonal halved; then the
 * symmetric part. */
static void cholesky_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_ref m = ag_lower_triangle(g, ag_contract(g, y, ag_lower_triangle(g, dy, 0), true, false), 0);
  m = ag_scale(g, ag_add(g, m, ag_lower_triangle(g, m, -1)), 0.5);
  m = ag_triangular_solve(g, y, m, AG_SOLVE_TRANSPOSED);
  m = ag_triangular_solve(g, y, m, AG_SOLVE_RIGHT);
  dx[0] = ag_scale(g, ag_add(g, m, ag_transpose2(g, m)), 0.5);
}

const ag_op ag_op_cholesky = {
    .name = "cholesky",
    .doc = "the lower triangular L with L L' = (a + a') / 2 for each matrix [..., n, n] of a batch; a matrix "
           "that is "
           "not positive definite fails the step",
    .kind = AG_OPAQUE,
    .arity = 1,
    .infer = cholesky_infer,
    .run = cholesky_run,
    .vjp = cholesky_vjp,
    .many = ag__many_same,
    AG_CASES({.n_in = 1, .in = {{2, {3, 3}}}, .low = -1, .high = 1, .diagonal = 3},
             {.n_in = 1, .in = {{3, {2, 2, 2}}}, .low = -1, .high = 1, .diagonal = 3},
             {.n_in = 1, .in = {{2, {1, 1}}}, .low = 1, .high = 2})};

ag_ref ag_cholesky(ag_graph *g, ag_ref a) { return AG_EMIT(g, &ag_op_cholesky, NULL, a); }
