/* Loops: the values, gradients and Hessian products of the unrolled graph; one compilation for any number of
 * steps; memory that grows with them; random values; loops in loops; what is refused. */
#include "autograd/autograd.h"
#include "autograd/derivatives.h"
#include "support/same.h"
#include "support/test_alloc.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 3, IN = 4, WIDTH = 5, MOST = 8 };

/* ---- an LSTM, as a loop and unrolled ---- */

static void cell(ag_graph *g, ag_ref h, ag_ref c, ag_ref x, const ag_ref *w, ag_ref *h_next, ag_ref *c_next) {
  ag_ref z = ag_add(g, ag_add(g, ag_matmul(g, x, w[0]), ag_matmul(g, h, w[1])), w[2]), gate[4];
  for (int k = 0; k < 4; k++) gate[k] = ag_slice(g, z, 1, k * WIDTH, WIDTH);
  *c_next =
      ag_add(g, ag_mul(g, ag_sigmoid(g, gate[0]), c), ag_mul(g, ag_sigmoid(g, gate[1]), ag_tanh(g, gate[2])));
  *h_next = ag_mul(g, ag_sigmoid(g, gate[3]), ag_tanh(g, *c_next));
}

static void lstm_body(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  (void)ctx;
  cell(g, s->carry[0], s->carry[1], s->each[0], s->shared, &s->next[0], &s->next[1]);
  s->out[0] = s->next[0];
}

typedef struct lstm {
  int64_t length;
  bool unrolled, reverse;
} lstm;

/* in: x [length, BATCH, IN], w [IN, 4 WIDTH], u [WIDTH, 4 WIDTH], b [4 WIDTH], h and c [BATCH, WIDTH]. A scalar that
 * depends on all results. */
static ag_ref lstm_loss(ag_graph *g, const ag_ref *in, const lstm *l) {
  ag_ref last[2] = {in[4], in[5]}, out[1];
  if (l->unrolled) {
    ag_ref *rows = calloc((size_t)l->length, sizeof *rows);
    for (int64_t k = 0; k < l->length; k++) {
      int64_t t = l->reverse ? l->length - 1 - k : k;
      ag_ref x = ag_reshape(g, ag_slice(g, in[0], 0, t, 1), 2, (int64_t[]){BATCH, IN});
      cell(g, last[0], last[1], x, in + 1, &last[0], &last[1]);
      rows[t] = ag_reshape(g, last[0], 3, (int64_t[]){1, BATCH, WIDTH});
    }
    out[0] = ag_concat(g, rows, (int)l->length, 0);
    free(rows);
  } else {
    ag_scan(g,
            &(ag_scan_args){.length = l->length,
                            .reverse = l->reverse,
                            .carry = in + 4,
                            .n_carry = 2,
                            .each = in,
                            .n_each = 1,
                            .shared = in + 1,
                            .n_shared = 3,
                            .n_out = 1},
            lstm_body, NULL, last, out);
  }
  return ag_add(g, ag_sum_all(g, ag_square(g, last[1])),
                ag_sum_all(g, ag_mul(g, out[0], ag_tanh(g, out[0]))));
}

static const char *const names[] = {"x", "w", "u", "b", "h", "c"};
static ag_type type_of_input(int i, int64_t length, tn_dtype dtype) {
  const ag_type types[] = {{dtype, 3, {length, BATCH, IN}}, {dtype, 2, {IN, 4 * WIDTH}},
                           {dtype, 2, {WIDTH, 4 * WIDTH}},  {dtype, 1, {4 * WIDTH}},
                           {dtype, 2, {BATCH, WIDTH}},      {dtype, 2, {BATCH, WIDTH}}};
  return types[i];
}
enum { INPUTS = 6, OUTPUTS = 1 + 2 * INPUTS };

/* outputs: the loss, its gradients, and the Hessian's product with ones. */
static void lstm_graph(ag_graph *g, const lstm *l, tn_dtype dtype, ag_ref *outputs) {
  ag_ref in[INPUTS], sum = {0};
  for (int i = 0; i < INPUTS; i++) {
    ag_type t = type_of_input(i, l->length, dtype);
    in[i] = ag_input(g, names[i], dtype, t.rank, t.shape);
  }
  outputs[0] = lstm_loss(g, in, l);
  ag_grad(g, outputs[0], in, INPUTS, outputs + 1);
  for (int i = 0; i < INPUTS; i++) {
    ag_ref s = ag_sum_all(g, outputs[1 + i]);
    sum = sum.id ? ag_add(g, sum, s) : s;
  }
  ag_grad(g, sum, in, INPUTS, outputs + 1 + INPUTS);
}

typedef struct values {
  tn_array in[INPUTS], planned[OUTPUTS], expected[OUTPUTS];
} values;

static tn_array new_array(const ag_type *t) {
  tn_array a;
  tn_status status = tn_array_new(NULL, t->dtype, t->rank, t->shape, &a);
  cr_assert_eq(status, TN_OK);
  return a;
}

static void evaluate(const lstm *l, tn_dtype dtype, unsigned flags, values *v) {
  ag_graph *g;
  ag_ref outputs[OUTPUTS];
  ag_plan *plan;
  ag_run *run;
  tn_view in[INPUTS], results[OUTPUTS];
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  lstm_graph(g, l, dtype, outputs);
  for (int i = 0; i < INPUTS; i++) {
    ag_type t = type_of_input(i, l->length, dtype);
    v->in[i] = new_array(&t);
    tn_rng_normal((tn_rng){.seed = 3, .stream = (uint32_t)i}, in[i] = v->in[i].view);
  }
  for (int i = 0; i < OUTPUTS; i++) {
    ag_type t = ag_type_of(g, outputs[i]);
    v->planned[i] = new_array(&t), v->expected[i] = new_array(&t);
    results[i] = v->expected[i].view;
  }
  tn_status status = ag_reference(g, outputs, OUTPUTS, false, names, in, INPUTS, (tn_rng){0}, results);
  cr_assert_eq(status, TN_OK, "%s", ag_error(g));
  status = ag_compile(g, outputs, OUTPUTS, flags, &plan);
  cr_assert_eq(status, TN_OK, "%s", ag_error(g));
  ag_graph_free(g); /* a plan is independent of its graph */
  cr_assert_eq(ag_run_new(plan, 1, &run), TN_OK);
  for (int i = 0; i < INPUTS; i++) {
    status = ag_run_bind(run, ag_plan_find_leaf(plan, names[i]), in[i]);
    cr_assert_eq(status, TN_OK);
  }
  for (int step = 0; step < 2; step++) { /* the second finds the first one's memory */
    status = ag_run_step(run, (tn_rng){0});
    cr_assert_eq(status, TN_OK, "%s", ag_run_error(run));
  }
  for (int i = 0; i < OUTPUTS; i++) tn_copy(v->planned[i].view, ag_run_output(run, i));
  ag_run_free(run);
  ag_plan_free(plan);
}

static void forget(values *v) {
  for (int i = 0; i < INPUTS; i++) tn_array_free(&v->in[i]);
  for (int i = 0; i < OUTPUTS; i++) tn_array_free(&v->planned[i]), tn_array_free(&v->expected[i]);
}

static void compare(int64_t length, bool reverse, tn_dtype dtype, unsigned flags) {
  values loop, unrolled;
  evaluate(&(lstm){length, false, reverse}, dtype, flags, &loop);
  evaluate(&(lstm){length, true, reverse}, dtype, flags, &unrolled);
  cr_expect_eq(same_bits(loop.expected[0].view, unrolled.expected[0].view), -1, "the loss differs");
  for (int i = 0; i < OUTPUTS; i++) {
    double error = largest_error(loop.expected[i].view, unrolled.expected[i].view);
    cr_expect_leq(error, dtype == TN_F64 ? 1e-12 : 2e-4, "output %d of %ld steps: %g", i, (long)length,
                  error);
    int64_t at = same_bits(loop.planned[i].view, loop.expected[i].view);
    cr_expect_eq(at, -1, "output %d of %ld steps, flags %u: plan and reference differ at %ld", i,
                 (long)length, flags, (long)at);
  }
  forget(&loop);
  forget(&unrolled);
}

Test(scan, an_lstm_gives_values_gradients_and_hessian_products_of_the_unrolled_graph) {
  static const unsigned flags[] = {0, AG_NO_FUSE, AG_NO_REUSE, AG_NO_IN_PLACE, AG_TRAP_NONFINITE};
  for (size_t k = 0; k < sizeof flags / sizeof *flags; k++) compare(7, false, TN_F64, flags[k]);
  compare(1, false, TN_F64, 0);
  compare(12, true, TN_F64, 0);
  compare(9, false, TN_F32, 0);
}

/* Forward through a loop: the cotangent by which the derivative is derived is in no plan. */
Test(scan, the_derivative_in_a_direction_needs_no_cotangent) {
  values v;
  ag_graph *g;
  ag_ref in[INPUTS], direction[INPUTS], outputs[2], grads[INPUTS], sum = {0};
  ag_plan *plan;
  ag_run *run;
  lstm l = {7, false, false};
  evaluate(&l, TN_F64, 0, &v);
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  for (int i = 0; i < INPUTS; i++) {
    ag_type t = type_of_input(i, l.length, TN_F64);
    in[i] = ag_input(g, names[i], TN_F64, t.rank, t.shape);
    direction[i] = ag_sin(g, in[i]);
  }
  ag_ref loss = lstm_loss(g, in, &l);
  outputs[0] = ag_jvp(g, loss, in, direction, INPUTS);
  ag_grad(g, loss, in, INPUTS, grads);
  for (int i = 0; i < INPUTS; i++) {
    ag_ref s = ag_sum_all(g, ag_mul(g, grads[i], direction[i]));
    sum = sum.id ? ag_add(g, sum, s) : s;
  }
  outputs[1] = sum;
  tn_status status = ag_compile(g, outputs, 2, 0, &plan);
  cr_assert_eq(status, TN_OK, "%s", ag_error(g));
  cr_assert_eq(ag_plan_leaf_count(plan), INPUTS);
  cr_assert_eq(ag_run_new(plan, 1, &run), TN_OK);
  for (int i = 0; i < INPUTS; i++)
    cr_assert_eq(ag_run_bind(run, ag_plan_find_leaf(plan, names[i]), v.in[i].view), TN_OK);
  cr_assert_eq(ag_run_step(run, (tn_rng){0}), TN_OK, "%s", ag_run_error(run));
  cr_expect_leq(largest_error(ag_run_output(run, 0), ag_run_output(run, 1)), 1e-12);
  ag_run_free(run);
  ag_plan_free(plan);
  ag_graph_free(g);
  forget(&v);
}

static int count_products(ag_graph *g, int64_t rows) {
  int n = 0;
  for (uint32_t id = 1; id < ag_node_count(g); id++) {
    ag_type t = ag_type_of(g, (ag_ref){id});
    n += strcmp(ag_op_of(g, (ag_ref){id})->name, "contract") == 0 && t.shape[0] == rows;
  }
  return n;
}

/* The product with the inputs and, backwards, the cotangents of all weights: one each, for all steps. */
Test(scan, products_that_wait_for_nothing_leave_the_loop) {
  enum { LENGTH = 11 };
  ag_graph *g;
  ag_ref in[INPUTS], grads[INPUTS];
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  for (int i = 0; i < INPUTS; i++) {
    ag_type t = type_of_input(i, LENGTH, TN_F32);
    in[i] = ag_input(g, names[i], TN_F32, t.rank, t.shape);
  }
  ag_ref loss = lstm_loss(g, in, &(lstm){.length = LENGTH});
  cr_expect_eq(count_products(g, LENGTH * BATCH), 1);
  ag_grad(g, loss, in, INPUTS, grads);
  cr_expect_eq(ag_status(g), TN_OK, "%s", ag_error(g));
  cr_expect_eq(count_products(g, LENGTH * BATCH), 2); /* the inputs' cotangents */
  cr_expect_eq(count_products(g, IN), 1);             /* the weights' */
  cr_expect_eq(count_products(g, WIDTH), 1); /* those of the carried weights, summed over the steps */
  ag_graph_free(g);
}

/* ---- derivatives by differences ---- */

/* Two carried values, one of which nothing else needs; results in a different order; and a value of each step
 * that hangs on shared values alone. */
static void mixed_body(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  (void)ctx;
  ag_ref gate = ag_sigmoid(g, ag_sum_axis(g, ag_square(g, s->shared[0]), 1, false));
  s->next[0] = ag_tanh(g, ag_add(g, ag_mul(g, s->carry[0], gate), s->each[0]));
  s->next[1] = ag_add(g, s->carry[1], ag_sum_all(g, ag_mul(g, s->each[1], s->next[0])));
  s->out[0] = ag_mul(g, s->each[1], s->carry[0]);
  s->out[1] = ag_mul(g, ag_exp(g, ag_neg(g, s->each[0])), s->carry[1]);
}

static ag_ref mixed(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  ag_ref last[2], out[2];
  (void)n;
  ag_scan(g,
          &(ag_scan_args){.length = 4,
                          .reverse = *(const bool *)ctx,
                          .carry = in,
                          .n_carry = 2,
                          .each = in + 2,
                          .n_each = 2,
                          .shared = in + 4,
                          .n_shared = 1,
                          .n_out = 2},
          mixed_body, NULL, last, out);
  ag_ref y = ag_add(g, ag_sum_all(g, ag_square(g, out[0])), ag_sum_all(g, ag_mul(g, out[1], last[1])));
  return ag_add(g, y, ag_sum_all(g, last[0]));
}

static void check_derivatives(ag_function *f, const void *ctx, const tn_view *at, int n) {
  ag_gradcheck_report report;
  tn_status status = ag_gradcheck(f, ctx, at, n, &(ag_gradcheck_options){.order = 2}, &report);
  cr_expect_eq(status, TN_OK, "%s", report.message);
}

Test(scan, derivatives_to_second_order) {
  double x[40];
  tn_rng_normal((tn_rng){.seed = 8}, tn_view_of(x, TN_F64, 1, (int64_t[]){40}));
  const tn_view at[] = {tn_view_of(x, TN_F64, 1, (int64_t[]){3}), tn_view_of(x + 3, TN_F64, 0, NULL),
                        tn_view_of(x + 4, TN_F64, 2, (int64_t[]){4, 3}),
                        tn_view_of(x + 16, TN_F64, 2, (int64_t[]){4, 3}),
                        tn_view_of(x + 28, TN_F64, 2, (int64_t[]){3, 2})};
  for (int reverse = 0; reverse < 2; reverse++) check_derivatives(mixed, &(bool){reverse}, at, 5);
}

/* A loop in a loop: the inner one starts from the outer one's carried value. */
static void inner_body(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  (void)ctx;
  s->next[0] = ag_tanh(g, ag_add(g, ag_mul(g, s->carry[0], s->shared[0]), s->each[0]));
  s->out[0] = ag_square(g, s->next[0]);
}
static void outer_body(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  ag_ref out;
  (void)ctx;
  ag_scan(g,
          &(ag_scan_args){.length = 3,
                          .carry = s->carry,
                          .n_carry = 1,
                          .each = s->each,
                          .n_each = 1,
                          .shared = s->shared,
                          .n_shared = 1,
                          .n_out = 1},
          inner_body, NULL, &s->next[0], &out);
  s->out[0] = ag_sum_all(g, out);
}
static ag_ref nested(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  ag_ref last, out;
  (void)n, (void)ctx;
  ag_scan(g,
          &(ag_scan_args){.length = 2,
                          .carry = in,
                          .n_carry = 1,
                          .each = in + 1,
                          .n_each = 1,
                          .shared = in + 2,
                          .n_shared = 1,
                          .n_out = 1},
          outer_body, NULL, &last, &out);
  return ag_add(g, ag_sum_all(g, last), ag_sum_all(g, ag_square(g, out)));
}

Test(scan, loops_in_loops) {
  double x[40];
  tn_rng_normal((tn_rng){.seed = 9}, tn_view_of(x, TN_F64, 1, (int64_t[]){40}));
  const tn_view at[] = {tn_view_of(x, TN_F64, 1, (int64_t[]){2}),
                        tn_view_of(x + 2, TN_F64, 3, (int64_t[]){2, 3, 2}),
                        tn_view_of(x + 14, TN_F64, 1, (int64_t[]){2})};
  check_derivatives(nested, NULL, at, 3);
}

/* ---- how it grows ---- */

typedef struct cost {
  double seconds;
  size_t nodes, arena;
} cost;

static cost compile(int64_t length) {
  ag_graph *g;
  ag_ref outputs[OUTPUTS];
  ag_plan *plan;
  clock_t start = clock();
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  lstm_graph(g, &(lstm){.length = length}, TN_F32, outputs);
  tn_status status = ag_compile(g, outputs, 1 + INPUTS, 0, &plan);
  cr_assert_eq(status, TN_OK, "%s", ag_error(g));
  cost c = {(double)(clock() - start) / CLOCKS_PER_SEC, ag_node_count(g), ag_plan_arena_bytes(plan)};
  ag_plan_free(plan);
  ag_graph_free(g);
  return c;
}

Test(scan, compile_time_does_not_depend_on_the_steps_and_memory_is_linear) {
  double few = INFINITY, many = INFINITY;
  for (int k = 0; k < 20 && (k < 5 || many > 1.2 * few); k++) {
    few = fmin(few, compile(16).seconds);
    many = fmin(many, compile(4096).seconds);
  }
  cr_expect_leq(many, 1.2 * few, "%g s for 16 steps, %g for 4096", few, many);
  cost a = compile(128), b = compile(4096);
  cr_expect_eq(a.nodes, b.nodes);
  cr_expect_leq(b.arena, 34 * a.arena, "%zu bytes, then %zu", a.arena, b.arena);
}

/* ---- random values ---- */

static void noisy_body(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  (void)ctx;
  ag_ref u = ag_uniform(g, "noise", TN_F64, 1, (int64_t[]){2});
  s->next[0] = ag_add(g, s->carry[0], ag_mul(g, u, s->shared[0]));
  s->out[0] = u;
}

Test(scan, each_step_draws_other_values_and_every_run_the_same) {
  enum { LENGTH = 50 };
  ag_graph *g;
  ag_ref last, out[1], outputs[3];
  ag_plan *plan;
  ag_run *run;
  double start[2] = {0}, scale[2] = {1, 2}, expected[LENGTH][2], got[LENGTH][2], total[2], slope[2];
  const int64_t two[] = {2}, all[] = {LENGTH, 2};
  tn_rng rng = {.seed = 4, .step = 9};
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  ag_ref in[] = {ag_input(g, "start", TN_F64, 1, two), ag_input(g, "scale", TN_F64, 1, two)};
  ag_scan_args args = {.name = "walk",
                       .length = LENGTH,
                       .carry = in,
                       .n_carry = 1,
                       .shared = in + 1,
                       .n_shared = 1,
                       .n_out = 1};
  ag_scan(g, &args, noisy_body, NULL, &last, out);
  outputs[0] = out[0], outputs[1] = last;
  ag_grad(g, ag_sum_all(g, last), in + 1, 1, outputs + 2);
  const tn_view leaves[] = {tn_view_of(start, TN_F64, 1, two), tn_view_of(scale, TN_F64, 1, two)};
  const tn_view results[] = {tn_view_of(expected, TN_F64, 2, all), tn_view_of(total, TN_F64, 1, two),
                             tn_view_of(slope, TN_F64, 1, two)};
  tn_status status =
      ag_reference(g, outputs, 3, false, (const char *[]){"start", "scale"}, leaves, 2, rng, results);
  cr_assert_eq(status, TN_OK, "%s", ag_error(g));
  for (int i = 0; i < LENGTH; i++)
    for (int k = 0; k < i; k++) cr_expect_neq(expected[i][0], expected[k][0], "steps %d and %d", i, k);
  for (int c = 0; c < 2; c++) { /* the derivative sees the values that were drawn */
    double sum = 0;
    for (int i = LENGTH - 1; i >= 0; i--) sum += expected[i][c];
    cr_expect(fabs(slope[c] - sum) < 1e-12);
  }
  status = ag_compile(g, outputs, 3, 0, &plan);
  cr_assert_eq(status, TN_OK, "%s", ag_error(g));
  cr_assert_eq(ag_run_new(plan, 1, &run), TN_OK);
  for (int i = 0; i < 2; i++) {
    status = ag_run_bind(run, ag_plan_find_leaf(plan, i ? "scale" : "start"), leaves[i]);
    cr_assert_eq(status, TN_OK);
  }
  for (int k = 0; k < 2; k++) {
    status = ag_run_step(run, rng);
    cr_assert_eq(status, TN_OK);
    tn_copy(tn_view_of(got, TN_F64, 2, all), ag_run_output(run, 0));
    cr_expect_eq(memcmp(got, expected, sizeof got), 0);
    cr_expect_eq(same_bits(ag_run_output(run, 1), results[1]), -1);
    cr_expect_eq(same_bits(ag_run_output(run, 2), results[2]), -1);
  }
  ag_run_free(run);
  ag_plan_free(plan);
  ag_scan(g, &args, noisy_body, NULL, &last, out);
  cr_expect_str_eq(ag_error(g), "scan: random values need a name of their own, 'walk' is taken");
  ag_graph_free(g);
}

/* ---- memory ---- */

static tn_status build_and_run(test_alloc *a, long *in_steps) {
  ag_graph *g;
  ag_ref outputs[OUTPUTS];
  ag_plan *plan = NULL;
  ag_run *run = NULL;
  static float zeros[4 * BATCH * WIDTH * 64];
  tn_status status = ag_graph_new(&a->alloc, &g);
  if (status != TN_OK) return status;
  lstm_graph(g, &(lstm){.length = 3}, TN_F32, outputs);
  status = ag_compile(g, outputs, 1 + INPUTS, 0, &plan);
  if (status == TN_OK) status = ag_run_new(plan, 2, &run);
  for (int i = 0; i < INPUTS && status == TN_OK; i++) {
    ag_type t = type_of_input(i, 3, TN_F32);
    status = ag_run_bind(run, ag_plan_find_leaf(plan, names[i]), tn_view_of(zeros, t.dtype, t.rank, t.shape));
  }
  long before = a->asked;
  if (status == TN_OK) status = ag_run_step(run, (tn_rng){0});
  *in_steps = a->asked - before;
  ag_run_free(run);
  ag_plan_free(plan);
  ag_graph_free(g);
  return status;
}

Test(scan, every_allocation_may_fail_and_none_is_made_in_a_step) {
  test_alloc a;
  long in_steps;
  test_alloc_init(&a, 0, false);
  cr_assert_eq(build_and_run(&a, &in_steps), TN_OK);
  cr_expect_eq(in_steps, 0);
  cr_expect_eq(a.live, 0);
  long all = a.asked;
  for (long k = 1; k <= all; k++) {
    test_alloc_init(&a, k, k % 2);
    tn_status status = build_and_run(&a, &in_steps);
    cr_assert_eq(status, TN_ENOMEM, "request %ld of %ld: %s", k, all, tn_status_text(status));
    cr_assert_eq(a.live, 0, "request %ld of %ld", k, all);
  }
}

/* ---- no steps ---- */

Test(scan, no_steps_carry_what_they_got) {
  ag_graph *g;
  double x[3] = {1, 2, 3}, got[3];
  const int64_t three[] = {3};
  tn_view v = tn_view_of(x, TN_F64, 1, three), result = tn_view_of(got, TN_F64, 1, three);
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  ag_ref in[] = {ag_input(g, "x", TN_F64, 1, three), ag_input(g, "none", TN_F64, 2, (int64_t[]){0, 3})}, last,
         out;
  ag_scan(
      g,
      &(ag_scan_args){
          .carry = in, .n_carry = 1, .each = in + 1, .n_each = 1, .shared = in, .n_shared = 1, .n_out = 1},
      inner_body, NULL, &last, &out);
  cr_expect_eq(ag_type_of(g, out).shape[0], 0);
  tn_status status =
      ag_reference(g, &last, 1, false, (const char *[]){"x", "none"},
                   (tn_view[]){v, tn_view_of(NULL, TN_F64, 2, (int64_t[]){0, 3})}, 2, (tn_rng){0}, &result);
  cr_assert_eq(status, TN_OK, "%s", ag_error(g));
  cr_expect_eq(memcmp(x, got, sizeof x), 0);
  ag_graph_free(g);
}

/* ---- what is refused ---- */

static void changing_body(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  (void)ctx;
  s->next[0] = ag_sum_all(g, s->carry[0]);
}
static void silent_body(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  (void)g, (void)ctx;
  s->next[0] = s->carry[0];
}
static void failing_body(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  (void)s, (void)ctx;
  ag_fail(g, TN_EINVAL, "no such cell");
}
static void drawing_body(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  (void)ctx;
  s->next[0] = ag_add(g, s->carry[0], ag_uniform(g, "u", TN_F64, 1, (int64_t[]){3}));
}

static void expect_refused(ag_scan_body *body, int n_out, int64_t length, const char *sentence) {
  ag_graph *g;
  ag_ref last, out;
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  ag_ref x = ag_input(g, "x", TN_F64, 1, (int64_t[]){3});
  ag_ref rows = ag_input(g, "rows", TN_F64, 2, (int64_t[]){4, 3});
  ag_scan(g,
          &(ag_scan_args){
              .length = length, .carry = &x, .n_carry = 1, .each = &rows, .n_each = 1, .n_out = n_out},
          body, NULL, &last, &out);
  cr_expect_neq(ag_status(g), TN_OK);
  cr_expect_eq(last.id, 0);
  cr_expect_str_eq(ag_error(g), sentence);
  ag_graph_free(g);
}

Test(scan, what_is_refused) {
  expect_refused(changing_body, 0, 4, "scan: carried value 0 is f64[3] before a step and f64[] after it");
  expect_refused(silent_body, 1, 4, "scan: result 0 is not a value of the body");
  expect_refused(silent_body, 0, 5,
                 "scan: value 0 of each step is f64[4, 3], its first axis must have the 5 steps");
  expect_refused(failing_body, 0, 4, "scan: no such cell (in scan)");
  expect_refused(drawing_body, 0, 4, "scan: a body that draws random values needs a name, its stream");
}

static void wide_body(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  (void)ctx;
  s->next[0] = s->carry[0];
  s->out[0] = ag_full(g, TN_F64, TN_MAX_RANK, (int64_t[TN_MAX_RANK]){1, 1, 1, 1, 1, 1, 1, 1}, 1);
}
static void cast_body(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  (void)ctx;
  s->next[0] = ag_cast(g, s->carry[0], TN_F32);
}
static void alien_body(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  (void)g, (void)s, (void)ctx;
  s->next[0] = (ag_ref){12345};
}
static void assigning_body(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  (void)ctx;
  s->next[0] = s->carry[0];
  ag_assign(g, ag_state(g, "w", TN_F64, 1, (int64_t[]){3}), s->carry[0]);
}

/* Counts below 0, operands without the axis of the steps, results that do not fit. */
Test(scan, counts_and_results_are_refused) {
  static const struct {
    ag_scan_body *body;
    int64_t length;
    int n_carry, n_each, n_shared, n_out;
    const char *says;
  } rows[] = {{silent_body, -1, 1, 1, 0, 0, "a negative length or number of values"},
              {silent_body, 4, -1, 1, 0, 0, "a negative length or number of values"},
              {silent_body, 4, 1, -1, 0, 0, "a negative length or number of values"},
              {silent_body, 4, 1, 1, -1, 0, "a negative length or number of values"},
              {silent_body, 4, 1, 1, 0, -1, "a negative length or number of values"},
              {silent_body, 4, 1, 2, 0, 0, "value 1 of each step is f64[]"},
              {wide_body, 4, 1, 1, 1, 1, "result 0 has no room for the axis of the steps"},
              {cast_body, 4, 1, 1, 1, 0, "carried value 0 is f64[3] before a step and f32[3] after it"},
              {alien_body, 4, 1, 1, 1, 0, "carried value 0 is not a value of the body"},
              {assigning_body, 4, 1, 1, 1, 0, "a body cannot assign to a state"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    ag_graph *g;
    ag_ref last[1] = {{0}}, out[1] = {{0}};
    cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
    ag_ref x = ag_input(g, "x", TN_F64, 1, (int64_t[]){3});
    const ag_ref each[] = {ag_input(g, "rows", TN_F64, 2, (int64_t[]){4, 3}), ag_sum_all(g, x)};
    const ag_scan_args args = {.length = rows[i].length,
                               .carry = &x,
                               .n_carry = rows[i].n_carry,
                               .each = each,
                               .n_each = rows[i].n_each,
                               .shared = &x,
                               .n_shared = rows[i].n_shared,
                               .n_out = rows[i].n_out};
    ag_scan(g, &args, rows[i].body, NULL, last, out);
    cr_expect_neq(ag_status(g), TN_OK);
    cr_expect(strstr(ag_error(g), rows[i].says), "'%s' does not say '%s'", ag_error(g), rows[i].says);
    cr_expect(last[0].id == 0 && out[0].id == 0);
    ag_graph_free(g);
  }
}

/* Two loops that draw must not share a stream. */
Test(scan, streams_of_one_name_are_refused) {
  ag_graph *g;
  ag_ref last;
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  ag_ref x = ag_input(g, "x", TN_F64, 1, (int64_t[]){3});
  const ag_scan_args args = {.name = "noise", .length = 4, .carry = &x, .n_carry = 1};
  ag_scan(g, &args, drawing_body, NULL, &last, NULL);
  cr_expect(last.id != 0, "%s", ag_error(g));
  ag_scan(g, &args, drawing_body, NULL, &last, NULL);
  cr_expect_str_eq(ag_error(g), "scan: random values need a name of their own, 'noise' is taken");
  ag_graph_free(g);
}
