/* Products in a loop: those of a step's slice with a shared matrix leave it, others stay; either way the loop has the values
 * of its unrolled body, and derivatives to second order. */
#include "autograd/autograd.h"
#include "support/refuse.h"
#include "support/values.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { STEPS = 3, ROWS = 2, WIDTH = 3, OUT = 2, INPUTS = 6 };
enum { CARRY, MATRICES, CUBES, WEIGHTS, RIGHT, KERNEL };
static const ag_type types[INPUTS] = {[CARRY] = {TN_F64, 2, {WIDTH, OUT}},
                                      [MATRICES] = {TN_F64, 3, {STEPS, ROWS, WIDTH}},
                                      [CUBES] = {TN_F64, 4, {STEPS, 2, ROWS, WIDTH}},
                                      [WEIGHTS] = {TN_F64, 2, {WIDTH, OUT}},
                                      [RIGHT] = {TN_F64, 2, {ROWS, OUT}},
                                      [KERNEL] = {TN_F64, 3, {2, WIDTH, OUT}}};

/* The slice by the weights, which leaves the loop; and what does not: the slice turned, cubes, convolutions, factors that
 * are carried, and the weights on the left. */
static void body(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  (void)ctx;
  ag_ref slice = s->each[0], cube = s->each[1], weights = s->shared[0], right = s->shared[1];
  ag_ref plain = ag_contract(g, slice, weights, false, false),
         turned = ag_contract(g, slice, right, true, false);
  ag_ref all = ag_matmul(g, cube, weights), windows = ag_conv(g, cube, s->shared[2], NULL);
  ag_ref carried = ag_contract(g, slice, s->carry[0], false, false);
  ag_ref left = ag_contract(g, weights, slice, true, true);
  s->next[0] = ag_tanh(g, ag_add(g, ag_mul(g, s->carry[0], turned), weights));
  s->out[0] = ag_add(g, ag_mul(g, plain, carried), ag_transpose2(g, left));
  s->out[1] = ag_add(g, all, windows);
}

static ag_ref total(ag_graph *g, const ag_ref *last, const ag_ref *out) {
  ag_ref y = ag_add(g, ag_sum_all(g, ag_square(g, out[0])), ag_sum_all(g, ag_sin(g, out[1])));
  return ag_add(g, y, ag_sum_all(g, last[0]));
}

static ag_ref loop(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  ag_ref last = {0}, out[2] = {{0}};
  (void)n, (void)ctx;
  ag_scan_args args = {.length = STEPS,
                       .carry = in,
                       .n_carry = 1,
                       .each = in + MATRICES,
                       .n_each = 2,
                       .shared = in + WEIGHTS,
                       .n_shared = 3,
                       .n_out = 2};
  ag_scan(g, &args, body, NULL, &last, out);
  return total(g, &last, out);
}

static ag_ref slice_of(ag_graph *g, ag_ref x, int64_t t) { return ag_squeeze(g, ag_slice(g, x, 0, t, 1), 0); }

static ag_ref unrolled(ag_graph *g, const ag_ref *in) {
  ag_ref carry = in[CARRY], next, out[2], rows[2][STEPS], all[2];
  for (int64_t t = 0; t < STEPS; t++) {
    const ag_ref each[] = {slice_of(g, in[MATRICES], t), slice_of(g, in[CUBES], t)};
    body(g, &(ag_scan_step){&carry, each, in + WEIGHTS, &next, out}, NULL);
    carry = next, rows[0][t] = out[0], rows[1][t] = out[1];
  }
  for (int k = 0; k < 2; k++) all[k] = ag_stack(g, rows[k], STEPS, 0);
  return total(g, &carry, all);
}

static int leaves(ag_graph *g, ag_ref *x, tn_array *in) {
  for (int i = 0; i < INPUTS; i++) {
    const ag_type *t = &types[i];
    cr_assert_eq(tn_array_new(NULL, TN_F64, t->rank, t->shape, &in[i]), TN_OK);
    tn_rng_normal((tn_rng){.seed = 6, .stream = (uint32_t)i}, in[i].view);
    x[i] = ag_input(g, (char[]){'x', (char)('0' + i), 0}, TN_F64, t->rank, t->shape);
  }
  return INPUTS;
}

static int count(ag_graph *g, const char *name) {
  int n = 0;
  for (uint32_t id = 1; id < ag_node_count(g); id++) n += strcmp(ag_op_of(g, (ag_ref){id})->name, name) == 0;
  return n;
}

Test(scan_products, loop_and_unrolled_body_agree) {
  ag_graph *g = new_graph();
  ag_ref x[INPUTS];
  tn_array in[INPUTS];
  tn_view at[INPUTS];
  ag_gradcheck_report report;
  int n = leaves(g, x, in);
  ag_ref y = loop(g, x, n, NULL);
  cr_expect_eq(count(g, "contract"), 1, "one product leaves the loop");
  result r = compute_at(g, unrolled(g, x), in);
  expect_values("unrolled", compute_at(g, y, in), r.at, 1, 1e-14);
  free(r.at);
  for (int i = 0; i < n; i++) at[i] = in[i].view;
  tn_status status = ag_gradcheck(
      loop, NULL, at, n, &(ag_gradcheck_options){.order = 2, .directions = 2, .step = 1e-3}, &report);
  cr_expect_eq(status, TN_OK, "%s", report.message);
  for (int i = 0; i < n; i++) tn_array_free(&in[i]);
  ag_graph_free(g);
}

/* ---- the reference, each request for memory refused ---- */

typedef struct reference {
  tn_view in[INPUTS];
  double value[2]; /* the loss, and its derivative in the direction of the weights */
} reference;

static tn_status by_reference(const tn_alloc *alloc, void *ctx) {
  static const char *const names[INPUTS] = {"x0", "x1", "x2", "x3", "x4", "x5"};
  reference *r = ctx;
  ag_graph *g;
  ag_ref x[INPUTS], y[2], d;
  const tn_view to[] = {tn_scalar(&r->value[0], TN_F64), tn_scalar(&r->value[1], TN_F64)};
  tn_status status = ag_graph_new(alloc, &g);
  if (status != TN_OK) return status;
  for (int i = 0; i < INPUTS; i++) x[i] = ag_input(g, names[i], TN_F64, types[i].rank, types[i].shape);
  y[0] = loop(g, x, INPUTS, NULL);
  ag_grad(g, y[0], &x[WEIGHTS], 1, &d);
  y[1] = ag_sum_all(g, ag_mul(g, d, x[WEIGHTS]));
  status = ag_reference(g, y, 2, false, names, r->in, INPUTS, (tn_rng){0}, to);
  ag_graph_free(g);
  return status;
}

Test(scan_products, reference_each_request_refused) {
  ag_graph *g = new_graph();
  ag_ref x[INPUTS];
  tn_array in[INPUTS];
  reference r = {0};
  int n = leaves(g, x, in);
  for (int i = 0; i < n; i++) r.in[i] = in[i].view;
  cr_expect_gt(refuse_each(by_reference, &r, "the reference of a loop"), 100);
  ag_ref y = loop(g, x, n, NULL), d;
  ag_grad(g, y, &x[WEIGHTS], 1, &d);
  expect_values("planned", compute_at(g, y, in), &r.value[0], 1, 1e-13);
  expect_values("planned derivative", compute_at(g, ag_sum_all(g, ag_mul(g, d, x[WEIGHTS])), in), &r.value[1],
                1, 1e-13);
  for (int i = 0; i < n; i++) tn_array_free(&in[i]);
  ag_graph_free(g);
}

/* ---- a loop over integers, and one whose results no loss needs ---- */

static void count_up(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  (void)ctx;
  s->next[0] = ag_add(g, s->carry[0], ag_scalar(g, TN_I64, 1));
  s->next[1] = ag_mul(g, s->carry[1], s->each[0]);
  s->out[0] = s->next[0];
  s->out[1] = ag_cast(g, ag_mul(g, s->next[1], s->shared[0]), TN_F32);
}

/* Carried integers have no derivative, results of another float type have; p * x1 x2 x3 summed over steps. */
Test(scan_products, integers_and_two_float_types) {
  static const double x[] = {2, 3, 0.5}, one = 1, factor = 4;
  ag_graph *g = new_graph();
  ag_ref each = ag_input(g, "x0", TN_F64, 1, (int64_t[]){3}), p = ag_input(g, "x1", TN_F64, 0, NULL), last[2],
         out[2], dx[2];
  ag_ref carry[] = {ag_scalar(g, TN_I64, 7), ag_scalar(g, TN_F64, one)};
  tn_array in[] = {{.view = tn_view_of((void *)(uintptr_t)x, TN_F64, 1, (int64_t[]){3})},
                   {.view = tn_scalar((void *)(uintptr_t)&factor, TN_F64)}};
  ag_scan(g,
          &(ag_scan_args){.length = 3,
                          .carry = carry,
                          .n_carry = 2,
                          .each = &each,
                          .n_each = 1,
                          .shared = &p,
                          .n_shared = 1,
                          .n_out = 2},
          count_up, NULL, last, out);
  cr_assert_eq(ag_status(g), TN_OK, "%s", ag_error(g));
  ag_ref y = ag_add(g, ag_cast(g, ag_sum_all(g, out[1]), TN_F64), last[1]);
  ag_grad(g, y, (ag_ref[]){each, p}, 2, dx);
  expect_values("counted", compute_at(g, ag_cast(g, out[0], TN_F64), in), (double[]){8, 9, 10}, 3, 0);
  expect_values("value", compute_at(g, y, in), (double[]){4 * (2 + 6 + 3) + 3}, 1, 0);
  /* d/dx1 of 4 (x1 + x1 x2 + x1 x2 x3) + x1 x2 x3, ... */
  expect_values("by each", compute_at(g, dx[0], in),
                (double[]){4 * (1 + 3 + 1.5) + 1.5, 4 * (2 + 1) + 1, 4 * 6 + 6}, 3, 1e-6);
  expect_values("by p", compute_at(g, dx[1], in), (double[]){2 + 6 + 3}, 1, 1e-6);
  ag_graph_free(g);
}
