#include "autograd/ops/op.h"
#include "tensor/threads.h"

/* attr.i: [0] transpose a, [1] transpose b. y = op(a) op(b) for each index of the leading axes, which
 * broadcast; op() is that transpose of the last two axes. */

static void swap_last(int rank, int64_t *extents) {
  int64_t last = extents[rank - 1];
  extents[rank - 1] = extents[rank - 2];
  extents[rank - 2] = last;
}

static bool contract_infer(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  ag_type a = in[0], b = in[1];
  (void)n;
  if (a.rank < 2 || b.rank < 2 || a.dtype != b.dtype || !ag__is_float(a.dtype)) return false;
  if (attr->i[0]) swap_last(a.rank, a.shape);
  if (attr->i[1]) swap_last(b.rank, b.shape);
  if (a.shape[a.rank - 1] != b.shape[b.rank - 2]) return false;
  *out = (ag_type){.dtype = a.dtype, .rank = a.rank > b.rank ? a.rank : b.rank};
  out->shape[out->rank - 2] = a.shape[a.rank - 2];
  out->shape[out->rank - 1] = b.shape[b.rank - 1];
  for (int i = 3; i <= out->rank; i++) {
    int64_t p = i <= a.rank ? a.shape[a.rank - i] : 1, q = i <= b.rank ? b.shape[b.rank - i] : 1;
    if (p != q && p != 1 && q != 1) return false;
    out->shape[out->rank - i] = p == 1 ? q : p;
  }
  return ag__countable(out);
}

/* The operand of the product: transposed if asked for, with the leading axes of `out`. */
static tn_view operand(tn_view v, bool transpose, const tn_view *out) {
  int64_t shape[TN_MAX_RANK];
  if (transpose) swap_last(v.rank, v.shape), swap_last(v.rank, v.stride);
  for (int i = 0; i < out->rank; i++) shape[i] = out->shape[i];
  for (int i = 1; i <= 2; i++) shape[out->rank - i] = v.shape[v.rank - i];
  return tn_view_broadcast(v, out->rank, shape);
}

/* Matrix number `batch`, with the leading axes in row-major order. */
static tn_view matrix_at(const tn_view *v, int64_t batch) {
  int r = v->rank;
  tn_view m = {.data = v->data,
               .dtype = v->dtype,
               .rank = 2,
               .shape = {v->shape[r - 2], v->shape[r - 1]},
               .stride = {v->stride[r - 2], v->stride[r - 1]}};
  int64_t offset = 0;
  for (int i = r - 3; i >= 0; batch /= v->shape[i--]) offset += batch % v->shape[i] * v->stride[i];
  m.data = (char *)v->data + offset * (int64_t)tn_dtype_size(v->dtype);
  return m;
}

/* Products for all indices of the leading axes, divided into ranges of consecutive ones. */
typedef struct batches {
  tn_view a, b, out;
  int64_t n, parts;
  int threads; /* threads within one product */
  const tn_prefetch *next;
} batches;

static void multiply_part(void *ctx, int64_t part) {
  const batches *p = ctx;
  int64_t first = p->n * part / p->parts, last = p->n * (part + 1) / p->parts;
  for (int64_t t = first; t < last; t++)
    tn_gemm_prefetch(matrix_at(&p->a, t), matrix_at(&p->b, t), matrix_at(&p->out, t), p->threads,
                     t == 0 ? p->next : NULL);
}

/* Threads divide the batch if it has a product for each of them and there is enough work; else they divide
 * each product. */
static void contract_run(const ag_call *call) {
  enum { WORTH_THREADS = 1000000 /* multiplications */ };
  tn_view a = operand(call->in[0], call->attr->i[0], &call->out);
  tn_view b = operand(call->in[1], call->attr->i[1], &call->out);
  batches p = {.a = a, .b = b, .out = call->out, .parts = 1, .threads = call->threads, .next = call->next};
  p.n = tn_numel(call->out.rank - 2, call->out.shape);
  if (tn_view_numel(&call->out) == 0) return;
  if (call->threads > 1 && p.n >= call->threads &&
      (double)tn_view_numel(&call->out) * (double)a.shape[a.rank - 1] > WORTH_THREADS) {
    p.threads = 1;
    p.parts = p.n < 4 * (int64_t)call->threads ? p.n : 4 * (int64_t)call->threads;
  }
  tn__parallel_near(p.parts, call->threads, multiply_part, &p);
}

static int contract_row_axis(const ag_attr *attr) { return attr->i[0] ? 1 : 0; }

/* dA = dy B' and dB = A' dy for the operands of the product. The derivative of a transposed operand is the
 * transpose of that, which swaps the two factors. */
static void contract_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_ref a = ag_in(g, y, 0), b = ag_in(g, y, 1);
  bool ta = ag_attr_of(g, y)->i[0], tb = ag_attr_of(g, y)->i[1];
  dx[0] = ta ? ag_contract(g, b, dy, tb, true) : ag_contract(g, dy, b, false, !tb);
  dx[1] = tb ? ag_contract(g, dy, a, true, ta) : ag_contract(g, a, dy, !ta, false);
}

static ag_ref contract_many(ag_graph *g, ag_ref y, const ag_many *m) {
  int rank = ag_type_of(g, y).rank;
  bool ta = ag_attr_of(g, y)->i[0], tb = ag_attr_of(g, y)->i[1];
  ag_ref in[2];
  for (int i = 0; i < 2; i++) in[i] = m->each[i] ? ag__lift(g, m->in[i], rank) : m->in[i];
  return ag_contract(g, in[0], in[1], ta, tb);
}

const ag_op ag_op_contract = {
    .name = "contract",
    .doc = "the matrix product [..., m, k] [..., k, n], either factor transposed on request; leading axes "
           "broadcast",
    .kind = AG_CONTRACTION,
    .arity = 2,
    .infer = contract_infer,
    .run = contract_run,
    .row_axis = contract_row_axis,
    .vjp = contract_vjp,
    .many = contract_many,
    AG_CASES({.n_in = 2, .in = {{2, {3, 4}}, {2, {4, 5}}}},
             {.n_in = 2, .in = {{2, {4, 3}}, {2, {4, 5}}}, .attr.i = {1, 0}},
             {.n_in = 2, .in = {{2, {3, 4}}, {2, {5, 4}}}, .attr.i = {0, 1}},
             {.n_in = 2, .in = {{2, {4, 3}}, {2, {5, 4}}}, .attr.i = {1, 1}},
             {.n_in = 2, .in = {{3, {2, 3, 4}}, {2, {4, 2}}}},
             {.n_in = 2, .in = {{4, {2, 1, 2, 3}}, {3, {3, 4, 2}}}, .attr.i = {1, 1}})};

/* If x is a transpose of the last two axes only, returns its input and flips the flag. */
static ag_ref absorb_transpose(const ag_graph *g, ag_ref x, bool *flag) {
  int rank = ag_type_of(g, x).rank;
  if (ag_op_of(g, x) != &ag_op_transpose || rank < 2) return x;
  const ag_attr *axes = ag_attr_of(g, x);
  for (int a = 0; a < rank - 2; a++) {
    if (axes->i[a] != a) return x;
  }
  if (axes->i[rank - 1] != rank - 2) return x;
  *flag = !*flag;
  return ag_in(g, x, 0);
}

/* [..., m, k] [k, n] is one product with more rows. So is its derivative with respect to the shared
 * matrix. */
static bool merges_rows(const ag_graph *g, ag_ref a, ag_ref b, const ag_attr *attr) {
  ag_type in[2] = {ag_type_of(g, a), ag_type_of(g, b)}, out;
  return in[0].rank > 2 && in[1].rank == 2 && !attr->i[0] && contract_infer(in, 2, attr, &out);
}

ag_ref ag_contract(ag_graph *g, ag_ref a, ag_ref b, bool transpose_a, bool transpose_b) {
  a = absorb_transpose(g, a, &transpose_a);
  b = absorb_transpose(g, b, &transpose_b);
  ag_attr attr = {.i = {transpose_a, transpose_b}};
  if (!merges_rows(g, a, b, &attr)) return AG_EMIT(g, &ag_op_contract, &attr, a, b);
  ag_type t = ag_type_of(g, a);
  int64_t k = t.shape[t.rank - 1], rows = tn_numel(t.rank - 1, t.shape);
  ag_ref flat = ag_reshape(g, a, 2, (int64_t[]){rows, k});
  ag_ref y = AG_EMIT(g, &ag_op_contract, &attr, flat, b);
  t.shape[t.rank - 1] = ag_type_of(g, y).shape[1];
  return ag_reshape(g, y, t.rank, t.shape);
}
