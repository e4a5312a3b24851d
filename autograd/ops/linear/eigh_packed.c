#include "autograd/ops/op.h"
#include "tensor/factor.h"

#include <stdio.h>

static bool eigh_packed_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)n, (void)attr;
  *out = *in;
  out->shape[in->rank - 2] += 2;
  return ag__is_square(in) && ag__countable(out);
}

static void eigh_packed_run(const ag_call *call) {
  for (int64_t b = 0, batch = ag__matrices(&call->out); b < batch; b++) {
    tn_view a = ag__matrix_at(&call->in[0], b), y = ag__matrix_at(&call->out, b);
    int64_t n = a.shape[0];
    tn_view v = tn_view_slice(y, 0, 0, 1, n), w = tn_view_slice(y, 0, n, 1, 1),
            room = tn_view_slice(y, 0, n + 1, 1, 1);
    for (int64_t i = 0; i < n * n; i++) tn_set(&v, i, (tn_get(&a, i) + tn_get(&a, i % n * n + i / n)) / 2);
    bool converged = tn_eigh(v, w, room);
    tn_fill(room, 0);
    if (converged) continue;
    snprintf(call->error, AG_SENTENCE,
             "eigh: no convergence for matrix %lld of the batch; are its elements finite?", (long long)b);
    return;
  }
}

/* dA = V (diag(dw) + E * (V' dV)) V', E = 1 / (w_j - w_i) or 0 where they are equal; then the symmetric part. */
static void eigh_packed_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_type t = ag_type_of(g, y);
  int axis = t.rank - 2;
  int64_t n = t.shape[t.rank - 1];
  ag_ref v = ag_slice(g, y, axis, 0, n), w = ag_slice(g, y, axis, n, 1);
  ag_ref dv = ag_slice(g, dy, axis, 0, n), dw = ag_slice(g, dy, axis, n, 1);
  ag_ref gap = ag_sub(g, w, ag_transpose2(g, w)), zero = ag_like(g, gap, 0), equal = ag_equal(g, gap, zero);
  ag_ref e = ag_where(g, equal, zero, ag_reciprocal(g, ag_where(g, equal, ag_like(g, gap, 1), gap)));
  ag_ref inner = ag_mul(g, e, ag_contract(g, v, dv, true, false));
  inner = ag_add(g, inner, ag_mul(g, ag_eye(g, t.dtype, n, n), dw));
  ag_ref m = ag_contract(g, ag_matmul(g, v, inner), v, false, true);
  dx[0] = ag_scale(g, ag_add(g, m, ag_transpose2(g, m)), 0.5);
}

const ag_op ag_op_eigh_packed = {
    .name = "eigh_packed",
    .doc = "eigenvectors of (a + a') / 2 as columns [..., n, n], the largest component of each positive, "
           "then two more rows: the eigenvalues, ascending, and zeros. ag_eigh splits it. Derivatives of the "
           "vectors need distinct eigenvalues",
    .kind = AG_OPAQUE,
    .arity = 1,
    .infer = eigh_packed_infer,
    .run = eigh_packed_run,
    .vjp = eigh_packed_vjp,
    .many = ag__many_same,
    AG_CASES({.n_in = 1, .in = {{2, {3, 3}}}}, {.n_in = 1, .in = {{3, {2, 2, 2}}}},
             {.n_in = 1, .in = {{2, {1, 1}}}})};

ag_ref ag_eigh_packed(ag_graph *g, ag_ref a) { return AG_EMIT(g, &ag_op_eigh_packed, NULL, a); }
