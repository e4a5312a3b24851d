#include "autograd/ops/op.h"
#include "tensor/factor.h"

static bool lu_packed_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)n, (void)attr;
  *out = *in;
  out->shape[in->rank - 2] += 2;
  return ag__is_square(in) && ag__countable(out);
}

static void lu_packed_run(const ag_call *call) {
  for (int64_t b = 0, batch = ag__matrices(&call->out); b < batch; b++) {
    tn_view a = ag__matrix_at(&call->in[0], b), y = ag__matrix_at(&call->out, b);
    int64_t n = a.shape[0];
    tn_view lu = tn_view_slice(y, 0, 0, 1, n), order = tn_view_slice(y, 0, n, 1, 1),
            sign = tn_view_slice(y, 0, n + 1, 1, 1);
    tn_copy(lu, a);
    tn_fill(sign, 0);
    tn_set(&sign, 0, tn_lu(lu, order, call->threads));
  }
}

/* With P a = L U: dA = P' L'^-1 (strictly lower part of L' dL + upper part of dU U') U'^-1. */
static void lu_packed_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_type t = ag_type_of(g, y);
  int axis = t.rank - 2;
  int64_t n = t.shape[t.rank - 1];
  ag_ref lu = ag_slice(g, y, axis, 0, n), d = ag_slice(g, dy, axis, 0, n), order = ag_slice(g, y, axis, n, 1);
  ag_ref eye = ag_eye(g, t.dtype, n, n), lower = ag_add(g, ag_lower_triangle(g, lu, -1), eye);
  ag_ref l = ag_contract(g, lower, ag_lower_triangle(g, d, -1), true, false);
  ag_ref u = ag_contract(g, ag_upper_triangle(g, d, 0), ag_upper_triangle(g, lu, 0), false, true);
  ag_ref m = ag_add(g, ag_lower_triangle(g, l, -1), ag_upper_triangle(g, u, 0));
  m = ag_triangular_solve(g, lu, m, AG_SOLVE_TRANSPOSED | AG_SOLVE_UNIT);
  m = ag_triangular_solve(g, lu, m, AG_SOLVE_UPPER | AG_SOLVE_TRANSPOSED | AG_SOLVE_RIGHT);
  ag_ref numbers = ag_reshape(g, ag_arange(g, t.dtype, 0, (double)n, 1), 2, (int64_t[]){n, 1});
  dx[0] = ag_contract(g, ag_equal(g, numbers, order), m, false, false); /* P' */
}

const ag_op ag_op_lu_packed = {
    .name = "lu_packed",
    .doc = "L (unit, below the diagonal) and U of each matrix [..., n, n] in one, by partial pivoting, then "
           "two more rows: row i of L U is row order[i] of a; the permutation's sign, zeros. ag_lu splits it",
    .kind = AG_OPAQUE,
    .arity = 1,
    .infer = lu_packed_infer,
    .run = lu_packed_run,
    .vjp = lu_packed_vjp,
    .many = ag__many_same,
    AG_CASES({.n_in = 1, .in = {{2, {3, 3}}}, .low = -1, .high = 1, .diagonal = 2},
             {.n_in = 1, .in = {{3, {2, 3, 3}}}, .low = -1, .high = 1},
             {.n_in = 1, .in = {{2, {1, 1}}}, .low = 1, .high = 2})};

ag_ref ag_lu_packed(ag_graph *g, ag_ref a) { return AG_EMIT(g, &ag_op_lu_packed, NULL, a); }
