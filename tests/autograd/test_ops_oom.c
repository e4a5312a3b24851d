/* Every allocation refused once: of each primitive's cases, from graph and gradients to plan and step. */
#include "autograd/autograd.h"
#include "support/test_alloc.h"
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

static tn_status attempt(const tn_alloc *alloc, const ag_op *op, const ag_case *c, const tn_array *in) {
  ag_graph *g;
  ag_plan *plan = NULL;
  ag_run *run = NULL;
  ag_ref out[MAX_INPUTS + 3];
  int n;
  tn_status status = ag_graph_new(alloc, &g);
  if (status != TN_OK) return status;
  status = build(g, op, c, in, out, &n);
  cr_assert(status == TN_OK || strstr(ag_error(g), "out of memory"), "%s: %s", op->name, ag_error(g));
  if (status == TN_OK) status = ag_compile(g, out, n, 0, &plan);
  if (status == TN_OK) status = ag_run_new(plan, 1, &run);
  if (status == TN_OK) status = ag_run_step(run, (tn_rng){.seed = 1});
  ag_run_free(run);
  ag_plan_free(plan);
  ag_graph_free(g);
  return status;
}

static long refuse_each(const ag_op *op, const ag_case *c) {
  tn_array in[MAX_INPUTS];
  long refused = 1;
  for (int i = 0; i < c->n_in; i++) in[i] = operand(op, c, i);
  for (;; refused++) {
    test_alloc a;
    test_alloc_init(&a, refused, false);
    tn_status status = attempt(&a.alloc, op, c, in);
    cr_assert_eq(a.live, 0, "%s: request %ld refused, %ld allocations leaked", op->name, refused,
                 (long)a.live);
    if (a.asked < refused) {
      cr_assert_eq(status, TN_OK, "%s: nothing refused, yet %s", op->name, tn_status_text(status));
      break;
    }
    cr_assert_eq(status, TN_ENOMEM, "%s: request %ld refused, yet %s", op->name, refused,
                 tn_status_text(status));
  }
  for (int i = 0; i < c->n_in; i++) tn_array_free(&in[i]);
  return refused - 1;
}

Test(ops, every_allocation_refused_once) {
  long requests = 0;
  for (int k = 0; k < ag_op_count; k++) {
    const ag_op *op = ag_ops[k];
    if (op->kind == AG_EFFECT) continue; /* test_oom.c */
    for (const ag_case *c = op->cases; c < op->cases + op->n_cases; c++) requests += refuse_each(op, c);
  }
  cr_log_info("%ld requests refused", requests);
  cr_expect_geq(requests, 2000);
}
