/* Every allocation refused once: of each primitive's cases, from graph and gradients to plan and step. */
#include "autograd/autograd.h"
#include "support/refuse.h"
#include "support/values.h"

#include <criterion/criterion.h>
#include <string.h>

enum { MAX_INPUTS = 3 };

static bool is_index(const ag_op *op, int i) {
  return op->kind == AG_INDEX && op->flags & ((unsigned)AG_NODIFF_0 << i);
}

static bool has_derivative(const ag_op *op, int i) {
  return !(op->flags & AG_NO_DERIVATIVE) && !(op->flags & ((unsigned)AG_NODIFF_0 << i)) && op->vjp;
}

/* Numbers of the case's domain (indices 0), and more on the diagonals where it asks for that. */
static tn_array operand(const ag_op *op, const ag_case *c, int i) {
  tn_array a;
  double low = c->low, high = c->high;
  if (low == 0 && high == 0) low = -2, high = 2;
  cr_assert_eq(tn_array_new(NULL, is_index(op, i) ? c->index : TN_F64, c->in[i].rank, c->in[i].shape, &a),
               TN_OK);
  for (int64_t k = 0; k < tn_view_numel(&a.view) && !is_index(op, i); k++) {
    uint64_t word = tn_rng_u64((tn_rng){.stream = tn_stream(op->name), .step = (uint32_t)i}, (uint64_t)k);
    tn_set(&a.view, k, low + (high - low) * (double)(word >> 11) * 0x1p-53);
  }
  int rank = a.view.rank;
  for (int64_t k = 0; c->diagonal != 0 && rank >= 2 && k < tn_view_numel(&a.view); k++) {
    int64_t columns = a.view.shape[rank - 1];
    if (k / columns % a.view.shape[rank - 2] == k % columns)
      tn_set(&a.view, k, tn_get(&a.view, k) + c->diagonal);
  }
  return a;
}

/* The value of a case, its gradient and a forward derivative, for two examples. */
static tn_status build(ag_graph *g, const ag_op *op, const ag_case *c, const tn_array *in, ag_ref *out,
                       int *n_out) {
  ag_ref x[MAX_INPUTS], wrt[MAX_INPUTS];
  int n = 0;
  for (int i = 0; i < c->n_in; i++) {
    x[i] = ag_constant(g, in[i].view);
    if (has_derivative(op, i)) wrt[n++] = x[i];
  }
  out[0] = ag_emit(g, op, x, c->n_in, &c->attr, op->kind == AG_RANDOM ? "noise" : NULL);
  *n_out = 1;
  if (n > 0) {
    ag_grad(g, ag_sum_all(g, out[0]), wrt, n, out + 1);
    *n_out += n;
    out[(*n_out)++] = ag_jvp(g, out[0], wrt, wrt, n);
  }
  if (c->n_in > 0 && !is_index(op, 0)) {
    ag_ref two = ag_stack(g, (ag_ref[]){x[0], x[0]}, 2, 0);
    ag_vmap(g, x, &two, 1, out, 1, &out[*n_out]);
    ++*n_out;
  }
  return ag_status(g);
}

typedef struct trial {
  const ag_op *op;
  const ag_case *c;
  tn_array in[MAX_INPUTS];
} trial;

static tn_status attempt(const tn_alloc *alloc, void *ctx) {
  const trial *t = ctx;
  ag_graph *g;
  ag_plan *plan = NULL;
  ag_run *run = NULL;
  ag_ref out[MAX_INPUTS + 3];
  int n;
  tn_status status = ag_graph_new(alloc, &g);
  if (status != TN_OK) return status;
  status = build(g, t->op, t->c, t->in, out, &n);
  cr_assert(status == TN_OK || strstr(ag_error(g), "out of memory"), "%s: %s", t->op->name, ag_error(g));
  if (status == TN_OK) status = ag_compile(g, out, n, 0, &plan);
  if (status == TN_OK) status = ag_run_new(plan, 1, &run);
  if (status == TN_OK) status = ag_run_step(run, (tn_rng){.seed = 1});
  ag_run_free(run);
  ag_plan_free(plan);
  ag_graph_free(g);
  return status;
}

static long refuse_case(const ag_op *op, const ag_case *c) {
  trial t = {.op = op, .c = c};
  for (int i = 0; i < c->n_in; i++) t.in[i] = operand(op, c, i);
  long requests = refuse_each(attempt, &t, op->name);
  for (int i = 0; i < c->n_in; i++) tn_array_free(&t.in[i]);
  return requests;
}

Test(ops, every_allocation_refused_once) {
  long requests = 0;
  for (int k = 0; k < ag_op_count; k++) {
    const ag_op *op = ag_ops[k];
    if (op->kind == AG_EFFECT) continue; /* test_oom.c */
    for (const ag_case *c = op->cases; c < op->cases + op->n_cases; c++) requests += refuse_case(op, c);
  }
  cr_log_info("%ld requests refused", requests);
  cr_expect_geq(requests, 2000);
}
