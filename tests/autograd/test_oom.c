/* Every allocation of tensor/ and autograd/ is refused in turn, alone and with all that follow it: each call
 * says TN_ENOMEM, nothing leaks, nothing crashes, and once memory is there again the whole succeeds. */
#include "autograd/autograd.h"
#include "autograd/plan/plan.h"
#include "support/refuse.h"
#include "support/refuse_libc.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is tried ---- */

static const int64_t batch[] = {4, 3};

/* Appends a little of everything: layers, gradients of gradients, Adam, a long concatenation, constants,
 * random values, scopes, and enough nodes for the merge table to grow. */
static ag_ref build(ag_graph *g) {
  ag_ref x = ag_input(g, "x", TN_F64, 2, batch), w = ag_state(g, "w", TN_F64, 2, (int64_t[]){3, 3});
  ag_ref m = ag_state(g, "m", TN_F64, 2, (int64_t[]){3, 3}),
         v = ag_state(g, "v", TN_F64, 2, (int64_t[]){3, 3});
  double values[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  ag_ref target = ag_constant(g, tn_view_of(values, TN_F64, 2, batch)), parts[10], d, dd;
  ag_scope_push(g, "layer");
  ag_ref h = ag_elu(g, ag_matmul(g, x, w), 1);
  h = ag_mul(g, h, ag_bernoulli(g, "dropout", TN_F64, 2, batch, 0.7));
  ag_scope_pop(g);
  for (int i = 0; i < 10; i++) parts[i] = ag_scale(g, h, i + 2);
  h = ag_sum(g, ag_reshape(g, ag_concat(g, parts, 10, 0), 3, (int64_t[]){10, 4, 3}), 1, false);
  const ag_pool_options three = {.size = {3}, .stride = {1}, .padding = AG_PAD_SAME};
  ag_ref smooth = ag_average_pool(g, ag_reshape(g, h, 3, (int64_t[]){1, 4, 3}), &three);
  h = ag_einsum(g, "nij,jk->ik", (ag_ref[]){smooth, ag_lower_triangle(g, w, 0)}, 2);
  ag_ref loss = ag_mean_all(g, ag_square(g, ag_sub(g, h, target)));
  ag_grad(g, loss, &w, 1, &d);
  ag_ref penalised = ag_add(g, loss, ag_sum_all(g, ag_square(g, d)));
  ag_grad(g, penalised, &w, 1, &dd);
  ag_ref m1 = ag_add(g, ag_scale(g, m, 0.9), ag_scale(g, dd, 0.1));
  ag_ref v1 = ag_add(g, ag_scale(g, v, 0.99), ag_scale(g, ag_square(g, dd), 0.01));
  ag_assign(g, m, m1), ag_assign(g, v, v1);
  ag_assign(g, w, ag_sub(g, w, ag_div(g, m1, ag_offset(g, ag_sqrt(g, v1), 1e-8))));
  for (int i = 0; i < 40; i++) penalised = ag_add(g, penalised, ag_scale(g, loss, i + 20));
  return penalised;
}

static tn_status try_array(const tn_alloc *alloc, void *ctx) {
  tn_array a;
  (void)ctx;
  tn_status status = tn_array_new(alloc, TN_F32, 2, batch, &a);
  if (status == TN_OK) tn_array_free(&a);
  return status;
}

static tn_status try_build(const tn_alloc *alloc, void *ctx) {
  ag_graph *g;
  (void)ctx;
  tn_status status = ag_graph_new(alloc, &g);
  if (status != TN_OK) return status;
  ag_ref y = build(g);
  status = ag_status(g);
  cr_assert((status == TN_OK) == (y.id != 0));
  cr_assert(status == TN_OK || strncmp(ag_error(g), "out of memory", 13) == 0, "%s", ag_error(g));
  ag_graph_free(g);
  return status;
}

static double memory[4][12];

static tn_status bind_and_step(const ag_plan *plan, ag_run *run) {
  static const char *const names[] = {"x", "w", "m", "v"};
  tn_status status = TN_OK;
  for (int i = 0; i < 4 && status == TN_OK; i++) {
    int leaf = ag_plan_find_leaf(plan, names[i]);
    ag_type t = ag_plan_leaf_type(plan, leaf);
    status = ag_run_bind(run, leaf, tn_view_of(memory[i], t.dtype, t.rank, t.shape));
  }
  return status == TN_OK ? ag_run_step(run, (tn_rng){.seed = 1}) : status;
}

/* Outputs: a computed value, a leaf (which is copied), an alias. */
static tn_status try_plan(const tn_alloc *alloc, void *ctx) {
  ag_graph *g;
  tn_status status = ag_graph_new(alloc, &g);
  if (status != TN_OK) return status;
  ag_ref y = build(g), w = ag_state(g, "w", TN_F64, 2, (int64_t[]){3, 3});
  ag_plan *plan = NULL;
  ag_run *run = NULL;
  status = ag_compile(g, (ag_ref[]){y, w, ag_detach(g, y)}, 3, *(unsigned *)ctx | AG_WITH_EFFECTS, &plan);
  cr_assert((status == TN_OK) == (plan != NULL));
  ag_graph_free(g);
  if (status == TN_OK) status = ag_run_new(plan, 1, &run);
  if (status == TN_OK) status = bind_and_step(plan, run);
  ag_run_free(run);
  ag_plan_free(plan);
  return status;
}

static tn_status try_reference(const tn_alloc *alloc, void *ctx) {
  static const char *const names[] = {"x", "w", "m", "v"};
  const int64_t square[] = {3, 3};
  ag_graph *g;
  double result;
  tn_view out = tn_scalar(&result, TN_F64), leaves[4] = {tn_view_of(memory[0], TN_F64, 2, batch)};
  for (int i = 1; i < 4; i++) leaves[i] = tn_view_of(memory[i], TN_F64, 2, square);
  (void)ctx;
  tn_status status = ag_graph_new(alloc, &g);
  if (status != TN_OK) return status;
  ag_ref y = build(g);
  status = ag_reference(g, &y, 1, true, names, leaves, 4, (tn_rng){0}, &out);
  ag_graph_free(g);
  return status;
}

/* ---- trying it ---- */

static void refuse(refused_attempt *f, const char *what, long at_least) {
  unsigned flags = 0;
  long n = refuse_each(f, &flags, what);
  cr_expect(n >= at_least, "%s made only %ld requests", what, n);
  cr_log_info("%s: %ld requests", what, n);
  cr_expect_eq(refuse_from(f, &flags, what), n);
}

Test(oom, array) { refuse(try_array, "array", 1); }
Test(oom, build) { refuse(try_build, "graph building", 20); }
Test(oom, plan) { refuse(try_plan, "compilation and run", 50); }
Test(oom, plan_without_passes) {
  unsigned flags[] = {AG_NO_FUSE,        AG_NO_REUSE,     AG_NO_IN_PLACE,
                      AG_TRAP_NONFINITE, AG__MANY_VALUES, AG__SMALL_PANELS};
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
    refuse_each(try_plan, &flags[i], "compilation and run");
}
Test(oom, reference) { refuse(try_reference, "the reference", 100); }

/* ---- what always takes the default allocator ---- */

#ifdef LIBC_REFUSES
static ag_ref smooth(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  (void)n, (void)ctx;
  return ag_tanh(g, ag_mul(g, in[0], in[1]));
}

static tn_status check(void *ctx) {
  double x[] = {0.3, -0.2}, y[] = {1, 0.5};
  const int64_t two[] = {2};
  tn_view at[] = {tn_view_of(x, TN_F64, 1, two), tn_view_of(y, TN_F64, 1, two)};
  return ag_gradcheck(smooth, NULL, at, 2, NULL, ctx);
}

Test(oom, gradcheck) {
  bool refused = true;
  long k = 1;
  for (; refused; k++) {
    ag_gradcheck_report report = {0};
    tn_status status = libc_attempt(check, &report, k, &refused);
    cr_assert_eq(status, refused ? TN_ENOMEM : TN_OK, "request %ld: %s, %s", k, tn_status_text(status),
                 report.message);
    cr_assert(!refused || *report.message, "request %ld refused: no sentence", k);
  }
  cr_expect_gt(k, 100);
  cr_log_info("gradcheck: %ld requests", k - 2);
}
#endif
