#include "autograd/ops/op.h"
#include "tensor/factor.h"

#include <stdio.h>

/* attr.i: [0] AG_SOLVE_... */

static bool triangular_solve_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  const ag_type *a = &in[0], *b = &in[1];
  bool right = attr->i[0] & AG_SOLVE_RIGHT;
  (void)n;
  if (!ag__is_square(a) || a->dtype != b->dtype || b->rank < 2 || attr->i[0] < 0 || attr->i[0] > AG_SOLVE_ALL)
    return false;
  if (b->shape[b->rank - (right ? 1 : 2)] != a->shape[a->rank - 1]) return false;
  *out = (ag_type){.dtype = a->dtype, .rank = a->rank > b->rank ? a->rank : b->rank};
  for (int i = 1; i <= out->rank; i++) {
    int64_t p = i <= a->rank && i > 2 ? a->shape[a->rank - i] : 1,
            q = i <= b->rank ? b->shape[b->rank - i] : 1;
    if (i > 2 && p != q && p != 1 && q != 1) return false;
    out->shape[out->rank - i] = i > 2 && p != 1 ? p : q;
  }
  return ag__countable(out);
}

/* The operand's matrix for matrix number `batch` of the output; leading axes broadcast. */
static tn_view operand_at(const tn_view *v, const tn_view *out, int64_t batch) {
  int64_t shape[TN_MAX_RANK];
  for (int i = 1; i <= out->rank; i++)
    shape[out->rank - i] = i <= 2 ? v->shape[v->rank - i] : out->shape[out->rank - i];
  tn_view wide = tn_view_broadcast(*v, out->rank, shape), m = wide;
  m.rank = 2;
  int64_t offset = 0;
  for (int i = out->rank - 3; i >= 0; batch /= wide.shape[i--])
    offset += batch % wide.shape[i] * wide.stride[i];
  for (int i = 0; i < 2; i++)
    m.shape[i] = wide.shape[out->rank - 2 + i], m.stride[i] = wide.stride[out->rank - 2 + i];
  m.data = (char *)v->data + offset * (int64_t)tn_dtype_size(v->dtype);
  return m;
}

/* x op(a) = b is solved as op(a)' x' = b'. */
static void triangular_solve_run(const ag_call *call) {
  int64_t flags = call->attr->i[0];
  bool right = flags & AG_SOLVE_RIGHT, turn = right != ((flags & AG_SOLVE_TRANSPOSED) != 0);
  bool lower = !(flags & AG_SOLVE_UPPER) != turn;
  const int swap[] = {1, 0};
  for (int64_t b = 0, batch = ag__matrices(&call->out); b < batch; b++) {
    tn_view a = operand_at(&call->in[0], &call->out, b), x = ag__matrix_at(&call->out, b);
    tn_copy(x, operand_at(&call->in[1], &call->out, b));
    if (turn) a = tn_view_permute(a, swap);
    if (right) x = tn_view_permute(x, swap);
    int64_t bad = tn_solve_triangular(a, x, lower, flags & AG_SOLVE_UNIT, call->threads);
    if (bad < 0) continue;
    snprintf(call->error, AG_SENTENCE,
             "triangular_solve: matrix %lld of the batch is singular: element %lld of its "
             "diagonal is 0",
             (long long)b, (long long)bad);
    return;
  }
}

/* For op(a) x = b: db = op(a)'^-1 dx, and the derivative with respect to op(a) is -db x'.
 * For x op(a) = b: db = dx op(a)'^-1, and -x' db. Only the triangle of a that is read has a derivative. */
static void triangular_solve_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  unsigned flags = (unsigned)ag_attr_of(g, y)->i[0];
  bool right = flags & AG_SOLVE_RIGHT, turned = flags & AG_SOLVE_TRANSPOSED;
  int64_t off = flags & AG_SOLVE_UNIT ? 1 : 0;
  ag_ref db = ag_triangular_solve(g, ag_in(g, y, 0), dy, flags ^ AG_SOLVE_TRANSPOSED);
  ag_ref first = right ? y : db, second = right ? db : y;
  ag_ref da = ag_contract(g, turned ? second : first, turned ? first : second, right, !right);
  da = ag_neg(g, da);
  dx[0] = flags & AG_SOLVE_UPPER ? ag_upper_triangle(g, da, off) : ag_lower_triangle(g, da, -off);
  dx[1] = db;
}

const ag_op ag_op_triangular_solve = {
    .name = "triangular_solve",
    .doc = "the x with op(a) x = b for triangular matrices a [..., n, n] and b [..., n, m], leading axes "
           "broadcast; "
           "flags AG_SOLVE_UPPER (else the lower triangle is read), AG_SOLVE_TRANSPOSED (op(a) = a'), "
           "AG_SOLVE_UNIT "
           "(the diagonal is 1, not read), AG_SOLVE_RIGHT (x op(a) = b); a 0 on the diagonal fails the step",
    .kind = AG_OPAQUE,
    .arity = 2,
    .infer = triangular_solve_infer,
    .run = triangular_solve_run,
    .vjp = triangular_solve_vjp,
    AG_CASES(
        {.n_in = 2, .in = {{2, {3, 3}}, {2, {3, 2}}}, .low = -1, .high = 1, .diagonal = 2},
        {.n_in = 2, .in = {{2, {3, 3}}, {3, {2, 3, 2}}}, .low = -1, .high = 1, .diagonal = 2, .attr.i = {1}},
        {.n_in = 2, .in = {{3, {2, 3, 3}}, {2, {3, 1}}}, .low = -1, .high = 1, .diagonal = 2, .attr.i = {2}},
        {.n_in = 2, .in = {{2, {3, 3}}, {2, {3, 2}}}, .low = -1, .high = 1, .attr.i = {7}},
        {.n_in = 2, .in = {{2, {3, 3}}, {2, {2, 3}}}, .low = -1, .high = 1, .diagonal = 2, .attr.i = {8}},
        {.n_in = 2, .in = {{2, {3, 3}}, {2, {2, 3}}}, .low = -1, .high = 1, .diagonal = 2, .attr.i = {11}},
        {.n_in = 2, .in = {{3, {2, 3, 3}}, {3, {1, 2, 3}}}, .low = -1, .high = 1, .attr.i = {13}})};

ag_ref ag_triangular_solve(ag_graph *g, ag_ref a, ag_ref b, unsigned flags) {
  return AG_EMIT(g, &ag_op_triangular_solve, (&(ag_attr){.i = {flags}}), a, b);
}
