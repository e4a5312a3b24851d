#include "autograd/ops/op.h"
#include "tensor/factor.h"

static bool qr_packed_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)n, (void)attr;
  if (in->rank < 2 || !ag__is_float(in->dtype)) return false;
  int64_t columns = in->shape[in->rank - 1], *rows = &out->shape[in->rank - 2];
  *out = *in;
  return columns >= 1 && *rows >= columns && !__builtin_add_overflow(*rows, columns, rows) &&
         ag__countable(out);
}

static void qr_packed_run(const ag_call *call) {
  for (int64_t b = 0, batch = ag__matrices(&call->out); b < batch; b++) {
    tn_view a = ag__matrix_at(&call->in[0], b), y = ag__matrix_at(&call->out, b);
    tn_view q = tn_view_slice(y, 0, 0, 1, a.shape[0]), r = tn_view_slice(y, 0, a.shape[0], 1, a.shape[1]);
    tn_copy(q, a);
    tn_qr(q, r);
  }
}

/* dA = (dQ + Q C(R dR' - dQ' Q)) R'^-1, C(m) the lower triangle and its mirror image. */
static void qr_packed_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_type t = ag_type_of(g, y);
  int axis = t.rank - 2;
  int64_t n = t.shape[t.rank - 1], m = t.shape[axis] - n;
  ag_ref q = ag_slice(g, y, axis, 0, m), r = ag_slice(g, y, axis, m, n);
  ag_ref dq = ag_slice(g, dy, axis, 0, m), dr = ag_slice(g, dy, axis, m, n);
  ag_ref c = ag_sub(g, ag_contract(g, r, dr, false, true), ag_contract(g, dq, q, true, false));
  c = ag_add(g, ag_lower_triangle(g, c, 0), ag_transpose2(g, ag_lower_triangle(g, c, -1)));
  dx[0] = ag_triangular_solve(g, r, ag_add(g, dq, ag_matmul(g, q, c)),
                              AG_SOLVE_UPPER | AG_SOLVE_TRANSPOSED | AG_SOLVE_RIGHT);
}

const ag_op ag_op_qr_packed = {
    .name = "qr_packed",
    .doc = "Q [..., m, n] with orthonormal columns, and below it the upper triangular R [..., n, n], Q R = "
           "a, for each matrix [..., m, n] with m >= n, by Householder reflections. ag_qr splits it",
    .kind = AG_OPAQUE,
    .arity = 1,
    .infer = qr_packed_infer,
    .run = qr_packed_run,
    .vjp = qr_packed_vjp,
    .many = ag__many_same,
    AG_CASES({.n_in = 1, .in = {{2, {4, 2}}}, .low = -1, .high = 1, .diagonal = 2},
             {.n_in = 1, .in = {{3, {2, 3, 3}}}, .low = -1, .high = 1, .diagonal = 2},
             {.n_in = 1, .in = {{2, {3, 1}}}})};

ag_ref ag_qr_packed(ag_graph *g, ag_ref a) { return AG_EMIT(g, &ag_op_qr_packed, NULL, a); }
