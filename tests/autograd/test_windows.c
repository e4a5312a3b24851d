/* Elementwise steps that read parts of values where they lie, and short rows again and again: the oracle's bits with
 * all passes and threads, the steps that are spared, leaves that are written in the same step. */
#include "autograd/autograd.h"
#include "support/same.h"

#include <criterion/criterion.h>

enum { MOST = 4, MOST_OUT = 4 };

typedef struct example {
  int n_in, n_out;
  ag_type in[MOST];
  void (*build)(ag_graph *g, const ag_ref *in, ag_ref *out);
} example;

static const char *const names[MOST] = {"a", "b", "c", "d"};

static ag_plan *compile(const example *e, unsigned flags, tn_view *in, tn_view *expected) {
  ag_graph *g;
  ag_ref leaves[MOST], out[MOST_OUT];
  ag_plan *plan;
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  for (int i = 0; i < e->n_in; i++)
    leaves[i] = ag_input(g, names[i], e->in[i].dtype, e->in[i].rank, e->in[i].shape);
  e->build(g, leaves, out);
  tn_status status = ag_reference(g, out, e->n_out, false, names, in, e->n_in, (tn_rng){0}, expected);
  cr_assert_eq(status, TN_OK, "%s", ag_error(g));
  cr_assert_eq(ag_compile(g, out, e->n_out, flags, &plan), TN_OK, "%s", ag_error(g));
  ag_graph_free(g);
  return plan;
}

static ag_type type_of(const example *e, int k) {
  ag_graph *g;
  ag_ref leaves[MOST], out[MOST_OUT];
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  for (int i = 0; i < e->n_in; i++)
    leaves[i] = ag_input(g, names[i], e->in[i].dtype, e->in[i].rank, e->in[i].shape);
  e->build(g, leaves, out);
  ag_type t = ag_type_of(g, out[k]);
  ag_graph_free(g);
  return t;
}

static int check(const example *e, unsigned flags, int threads) {
  tn_array in[MOST], out[MOST_OUT];
  tn_view views[MOST], expected[MOST_OUT];
  ag_run *run;
  for (int i = 0; i < e->n_in; i++) {
    cr_assert_eq(tn_array_new(NULL, e->in[i].dtype, e->in[i].rank, e->in[i].shape, &in[i]), TN_OK);
    tn_rng_normal((tn_rng){.seed = 2, .stream = (uint32_t)i}, views[i] = in[i].view);
  }
  for (int k = 0; k < e->n_out; k++) {
    ag_type t = type_of(e, k);
    cr_assert_eq(tn_array_new(NULL, t.dtype, t.rank, t.shape, &out[k]), TN_OK);
    expected[k] = out[k].view;
  }
  ag_plan *plan = compile(e, flags, views, expected);
  int steps = ag_plan_step_count(plan);
  cr_assert_eq(ag_run_new(plan, threads, &run), TN_OK);
  for (int i = 0; i < e->n_in; i++)
    cr_assert_eq(ag_run_bind(run, ag_plan_find_leaf(plan, names[i]), views[i]), TN_OK);
  cr_assert_eq(ag_run_step(run, (tn_rng){0}), TN_OK, "%s", ag_run_error(run));
  for (int k = 0; k < e->n_out; k++)
    cr_expect_eq(same_bits(ag_run_output(run, k), expected[k]), -1, "output %d, flags %u, threads %d", k,
                 flags, threads);
  ag_run_free(run), ag_plan_free(plan);
  for (int i = 0; i < e->n_in; i++) tn_array_free(&in[i]);
  for (int k = 0; k < e->n_out; k++) tn_array_free(&out[k]);
  return steps;
}

static void check_all(const example *e) {
  static const unsigned flags[] = {0, AG_NO_FUSE, AG_NO_REUSE, AG_NO_COMBINE, AG_TRAP_NONFINITE};
  for (int k = 0; k < 5; k++)
    for (int threads = 1; threads <= 3; threads++) (void)check(e, flags[k], threads);
}

/* ---- parts ---- */

/* Gates of a cell: a, b [rows, 4 n], c [rows, n]. */
static void gates(ag_graph *g, const ag_ref *in, ag_ref *out) {
  int64_t n = ag_type_of(g, in[2]).shape[1];
  ag_ref gate[4];
  for (int k = 0; k < 4; k++)
    gate[k] = ag_add(g, ag_slice(g, in[0], 1, k * n, n), ag_slice(g, in[1], 1, k * n, n));
  out[0] = ag_add(g, ag_mul(g, ag_sigmoid(g, gate[0]), in[2]), ag_mul(g, gate[1], ag_tanh(g, gate[2])));
  out[1] = ag_mul(g, out[0], gate[3]);
}

static example gates_of(int64_t rows, int64_t n, tn_dtype dtype) {
  return (example){
      3, 2, {{dtype, 2, {rows, 4 * n}}, {dtype, 2, {rows, 4 * n}}, {dtype, 2, {rows, n}}}, gates};
}

Test(windows, gates_are_read_where_they_lie) {
  static const int64_t shapes[][2] = {{3, 5}, {32, 256}, {40, 130}, {1, 7}, {64, 64}};
  for (int k = 0; k < 5; k++)
    for (int f32 = 0; f32 < 2; f32++) {
      example e = gates_of(shapes[k][0], shapes[k][1], f32 ? TN_F32 : TN_F64);
      check_all(&e);
      cr_expect_eq(check(&e, 0, 1), 1, "one step, no copies");
    }
}

/* A part of what the step makes; along another axis; of a part; one that comes back to the shape of the whole, which
 * must not be fused with what makes the whole; one that is read by more than elementwise ops. */
static void parts(ag_graph *g, const ag_ref *in, ag_ref *out) {
  ag_ref whole = ag_exp(g, in[0]), row = ag_slice(g, whole, 0, 1, 1), some = ag_slice(g, whole, 0, 1, 3);
  out[0] = ag_mul(g, whole, row);
  out[1] = ag_sin(g, ag_slice(g, some, 1, 2, 4));
  out[2] = ag_add(g, some, ag_slice(g, in[0], 0, 2, 3));
  out[3] = ag_sum(g, ag_slice(g, whole, 1, 1, 2), 2, false);
}

Test(windows, parts_of_parts_and_of_what_a_step_makes) {
  example e = {1, 4, {{TN_F64, 2, {5, 7}}}, parts};
  check_all(&e);
  e.in[0] = (ag_type){TN_F32, 2, {5, 300}};
  check_all(&e);
}

/* Reading a leaf means its value before the step, in part too. */
Test(windows, a_part_of_a_leaf_is_read_before_the_leaf_is_written) {
  ag_graph *g;
  ag_plan *plan;
  ag_run *run;
  enum { ROWS = 4, COLUMNS = 150 };
  static float value[ROWS * COLUMNS];
  for (int i = 0; i < ROWS * COLUMNS; i++) value[i] = (float)i;
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  ag_ref s = ag_state(g, "s", TN_F32, 2, (int64_t[]){ROWS, COLUMNS});
  ag_ref part = ag_slice(g, s, 0, 1, 1); /* of row 1 each row takes */
  ag_assign(g, s, ag_add(g, s, part));
  ag_ref out = ag_scale(g, ag_slice(g, s, 1, 3, 2), 3);
  cr_assert_eq(ag_compile(g, &out, 1, AG_WITH_EFFECTS, &plan), TN_OK, "%s", ag_error(g));
  cr_assert_eq(ag_run_new(plan, 1, &run), TN_OK);
  cr_assert_eq(ag_run_bind(run, 0, tn_view_of(value, TN_F32, 2, (int64_t[]){ROWS, COLUMNS})), TN_OK);
  cr_assert_eq(ag_run_step(run, (tn_rng){0}), TN_OK);
  const float *y = ag_run_output(run, 0).data;
  for (int r = 0; r < ROWS; r++) {
    cr_expect_eq(y[2 * r], 3 * (float)(COLUMNS * r + 3));
    for (int c = 0; c < COLUMNS; c++)
      cr_expect_eq(value[r * COLUMNS + c], (float)(COLUMNS * r + c) + (float)(COLUMNS + c), "%d, %d", r, c);
  }
  ag_run_free(run), ag_plan_free(plan), ag_graph_free(g);
}

/* ---- short rows ---- */

/* a [places, n], b [n], c [m, n] or a part of it. */
static void channels(ag_graph *g, const ag_ref *in, ag_ref *out) {
  out[0] = ag_mul(g, ag_add(g, in[0], in[1]), ag_sub(g, in[2], ag_like(g, in[0], 2)));
  out[1] = ag_add(g, out[0], ag_mul(g, in[0], ag_exp(g, in[1])));
}

Test(windows, short_rows_are_laid_out_once) {
  static const int64_t shapes[][3] = {{70, 3, 5},  {33, 1, 16}, {9, 2, 64}, {300, 1, 128},
                                      {5, 2, 129}, {1, 7, 3},   {500, 4, 1}};
  for (int k = 0; k < 7; k++)
    for (int f32 = 0; f32 < 2; f32++) {
      const int64_t *s = shapes[k];
      tn_dtype t = f32 ? TN_F32 : TN_F64;
      example e = {3, 2, {{t, 3, {s[0], s[1], s[2]}}, {t, 1, {s[2]}}, {t, 2, {s[1], s[2]}}}, channels};
      check_all(&e);
    }
}
