/* The plan's passes, each on graphs small enough to say what must come out. */
#include "autograd/autograd.h"
#include "support/same.h"
#include "support/test_alloc.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 4096 };
static const int64_t vector[] = {3}, square[] = {3, 3};
static const tn_rng rng = {.seed = 1};

static ag_graph *new_graph(void) {
  ag_graph *g;
  tn_status status = ag_graph_new(NULL, &g);
  cr_assert_eq(status, TN_OK);
  return g;
}

static ag_plan *compile(ag_graph *g, const ag_ref *outputs, int n, unsigned flags) {
  ag_plan *plan;
  tn_status status = ag_compile(g, outputs, n, flags, &plan);
  cr_assert_eq(status, TN_OK, "%s", ag_error(g));
  return plan;
}

/* Binds leaves by name: pairs of name and f64 memory, ended by NULL. Names that were pruned away are passed
 * over. */
#define BIND(run, plan, ...) bind_all(run, plan, (const void *const[]){__VA_ARGS__, NULL})
static void bind_all(ag_run *run, const ag_plan *plan, const void *const *pairs) {
  for (; *pairs; pairs += 2) {
    int leaf = ag_plan_find_leaf(plan, pairs[0]);
    if (leaf < 0) continue;
    ag_type t = ag_plan_leaf_type(plan, leaf);
    tn_status status =
        ag_run_bind(run, leaf, tn_view_of((void *)(uintptr_t)pairs[1], t.dtype, t.rank, t.shape));
    cr_assert_eq(status, TN_OK, "%s", ag_run_error(run));
  }
}

static ag_run *new_run(const ag_plan *plan) {
  ag_run *run;
  tn_status status = ag_run_new(plan, 1, &run);
  cr_assert_eq(status, TN_OK);
  return run;
}

static void step(ag_run *run) {
  tn_status status = ag_run_step(run, rng);
  cr_assert_eq(status, TN_OK, "%s", ag_run_error(run));
}

static void finish(ag_graph *g, ag_plan *plan, ag_run *run) {
  ag_run_free(run);
  ag_plan_free(plan);
  ag_graph_free(g);
}

static void append_line(void *ctx, const char *line) {
  size_t used = strlen(ctx);
  snprintf((char *)ctx + used, ROOM - used, "%s\n", line);
}

static const char *dump(const ag_plan *plan) {
  static char text[ROOM];
  *text = 0;
  ag_plan_dump(plan, append_line, text);
  return text;
}

static void expect_vector(const double *x, double a, double b, double c) {
  cr_expect(x[0] == a && x[1] == b && x[2] == c, "%g %g %g", x[0], x[1], x[2]);
}

/* ---- prune ---- */

Test(prune, dead_nodes_and_leaves_go) {
  ag_graph *g = new_graph();
  ag_ref x = ag_input(g, "x", TN_F64, 1, vector), dead = ag_input(g, "dead", TN_F64, 1, vector);
  ag_ref y = ag_exp(g, x), w = ag_state(g, "w", TN_F64, 1, vector);
  ag_uniform(g, "noise", TN_F64, 1, vector);
  ag_log(g, ag_add(g, dead, x));
  ag_assign(g, w, ag_mul(g, w, x));
  ag_plan *plan = compile(g, &y, 1, 0), *effects = compile(g, NULL, 0, AG_WITH_EFFECTS);
  cr_expect_eq(ag_plan_leaf_count(plan), 1);
  cr_expect_str_eq(ag_plan_leaf_name(plan, 0), "x");
  cr_expect(ag_plan_find_leaf(plan, "dead") == -1 && ag_plan_find_leaf(plan, "w") == -1);
  cr_expect_eq(ag_plan_step_count(plan), 1);
  cr_expect(ag_plan_leaf_count(effects) == 2 && ag_plan_find_leaf(effects, "w") >= 0 &&
            ag_plan_step_count(effects) == 1);
  ag_plan_free(effects);
  finish(g, plan, NULL);
}

Test(prune, nothing_at_all) {
  ag_graph *g = new_graph();
  ag_plan *plan = compile(g, NULL, 0, AG_WITH_EFFECTS);
  ag_run *run = new_run(plan);
  step(run);
  cr_expect(ag_plan_step_count(plan) == 0 && ag_plan_leaf_count(plan) == 0);
  finish(g, plan, run);
}

/* ---- fuse ---- */

Test(fuse, a_chain_is_one_step) {
  ag_graph *g = new_graph();
  ag_ref x = ag_input(g, "x", TN_F64, 2, square), b = ag_input(g, "b", TN_F64, 1, vector);
  ag_ref y = ag_elu(g, ag_add(g, x, b), 1), z = ag_mul(g, ag_tanh(g, y), ag_offset(g, y, 2));
  ag_plan *fused = compile(g, &z, 1, 0), *single = compile(g, &z, 1, AG_NO_FUSE);
  cr_expect_eq(ag_plan_step_count(fused), 1);
  cr_expect_eq(ag_plan_step_count(single), 5);
  ag_plan_free(single);
  finish(g, fused, NULL);
}

/* exp and the division meet again after a sum of one of them: fusing all of it would go in a circle. */
Test(fuse, stays_convex) {
  ag_graph *g = new_graph();
  ag_ref x = ag_input(g, "x", TN_F64, 2, square), e = ag_exp(g, x), y = ag_div(g, e, ag_sum(g, e, 2, true));
  ag_plan *plan = compile(g, &y, 1, 0);
  double in[9] = {0, 1, 2, 0, 0, 0, -1, 5, 3};
  ag_run *run = new_run(plan);
  BIND(run, plan, "x", in);
  step(run);
  cr_expect_eq(ag_plan_step_count(plan), 3, "%s", dump(plan));
  const double *p = ag_run_output(run, 0).data;
  for (int r = 0; r < 3; r++) cr_expect_float_eq(p[3 * r] + p[3 * r + 1] + p[3 * r + 2], 1, 1e-15);
  finish(g, plan, run);
}

/* Adam on one parameter: one step of the plan, which writes the parameter and both moments where they are. */
Test(fuse, adam_is_one_step_in_place) {
  ag_graph *g = new_graph();
  const int64_t shape[] = {40, 50};
  ag_ref w = ag_state(g, "w", TN_F32, 2, shape), m = ag_state(g, "m", TN_F32, 2, shape),
         v = ag_state(g, "v", TN_F32, 2, shape), dw = ag_input(g, "dw", TN_F32, 2, shape),
         rate = ag_input(g, "rate", TN_F32, 0, NULL);
  ag_ref m1 = ag_add(g, ag_scale(g, m, 0.9), ag_scale(g, dw, 0.1));
  ag_ref v1 = ag_add(g, ag_scale(g, v, 0.999), ag_scale(g, ag_square(g, dw), 0.001));
  ag_ref w1 = ag_sub(g, w, ag_mul(g, rate, ag_div(g, m1, ag_offset(g, ag_sqrt(g, v1), 1e-8))));
  ag_assign(g, w, w1), ag_assign(g, m, m1), ag_assign(g, v, v1);
  ag_plan *plan = compile(g, NULL, 0, AG_WITH_EFFECTS);
  const char *text = dump(plan);
  cr_expect_eq(ag_plan_step_count(plan), 1, "%s", text);
  cr_expect(strstr(text, "=>w") && strstr(text, "=>m") && strstr(text, "=>v") && !strchr(text, '@'), "%s",
            text);
  cr_expect_leq(ag_plan_arena_bytes(plan), 8 * 256 * sizeof(double), "scratch blocks only");
  finish(g, plan, NULL);
}

/* Two shapes of one memory, repeated along different axes in one step. */
Test(fuse, two_shapes_of_one_value) {
  ag_graph *g = new_graph();
  ag_ref x = ag_input(g, "x", TN_F64, 1, vector), column = ag_reshape(g, x, 2, (int64_t[]){3, 1});
  ag_ref y = ag_sub(g, ag_scale(g, column, 10), ag_mul(g, x, ag_add(g, x, column)));
  ag_ref z = ag_add(g, y, column);
  ag_plan *plan = compile(g, &z, 1, 0);
  ag_run *run = new_run(plan);
  double in[] = {1, 2, 3};
  BIND(run, plan, "x", in);
  step(run);
  const double *out = ag_run_output(run, 0).data;
  for (int i = 0; i < 9; i++) {
    double c = in[i / 3], r = in[i % 3];
    cr_expect_eq(out[i], 10 * c - r * (r + c) + c);
  }
  finish(g, plan, run);
}

/* Blocks: a broadcast operand whose rows are longer and shorter than a block, or straddle its end. */
Test(fuse, broadcasts_across_blocks) {
  const int64_t shapes[][3] = {{2, 3, 300}, {5, 77, 3}, {3, 256, 2}, {1, 1, 1000}, {700, 1, 1}, {4, 100, 1}};
  for (int s = 0; s < 6; s++)
    for (int mask = 0; mask < 8; mask++) {
      ag_graph *g = new_graph();
      int64_t narrow[3], n = tn_numel(3, shapes[s]);
      for (int a = 0; a < 3; a++) narrow[a] = mask >> a & 1 ? 1 : shapes[s][a];
      ag_ref x = ag_input(g, "x", TN_F32, 3, shapes[s]), b = ag_input(g, "b", TN_F32, 3, narrow);
      ag_ref y = ag_sub(g, ag_mul(g, x, b), b);
      ag_plan *plan = compile(g, &y, 1, 0);
      ag_run *run = new_run(plan);
      float *px = malloc((size_t)n * sizeof *px), *pb = malloc((size_t)n * sizeof *pb);
      for (int64_t i = 0; i < n; i++) px[i] = (float)(i % 31), pb[i] = (float)(i % 17);
      BIND(run, plan, "x", px, "b", pb);
      step(run);
      tn_view wide = tn_view_broadcast(tn_view_of(pb, TN_F32, 3, narrow), 3, shapes[s]);
      const float *out = ag_run_output(run, 0).data;
      for (int64_t i = 0; i < n; i++) {
        float c = (float)tn_get(&wide, i);
        cr_assert_eq(out[i], px[i] * c - c, "shape %d mask %d element %ld", s, mask, (long)i);
      }
      free(px), free(pb);
      finish(g, plan, run);
    }
}

/* ---- order and assigns ---- */

Test(order, a_reader_of_the_old_value_comes_first) {
  ag_graph *g = new_graph();
  ag_ref w = ag_state(g, "w", TN_F64, 2, square), next = ag_scale(g, w, 2);
  ag_assign(g, w, next);
  ag_ref old = ag_contract(g, w, w, false, true), later = ag_contract(g, next, next, false, true);
  ag_plan *plan = compile(g, (ag_ref[]){old, later}, 2, AG_WITH_EFFECTS);
  ag_run *run = new_run(plan);
  double mem[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  BIND(run, plan, "w", mem);
  step(run);
  cr_expect_not_null(strstr(dump(plan), "=>w"), "the update is in place");
  cr_expect_eq(*(double *)ag_run_output(run, 0).data, 1);
  cr_expect_eq(*(double *)ag_run_output(run, 1).data, 4);
  cr_expect(mem[0] == 2 && mem[4] == 2 && mem[1] == 0);
  finish(g, plan, run);
}

Test(order, swap) {
  for (int own_copies = 0; own_copies < 2; own_copies++) {
    ag_graph *g = new_graph();
    ag_ref a = ag_state(g, "a", TN_F64, 1, vector), b = ag_state(g, "b", TN_F64, 1, vector);
    ag_assign(g, a, own_copies ? ag_scale(g, b, 1.5) : b);
    ag_assign(g, b, own_copies ? ag_scale(g, a, 3) : a);
    ag_plan *plan = compile(g, NULL, 0, AG_WITH_EFFECTS);
    ag_run *run = new_run(plan);
    double ma[] = {1, 2, 3}, mb[] = {4, 6, 8};
    BIND(run, plan, "a", ma, "b", mb);
    step(run);
    if (own_copies) expect_vector(ma, 6, 9, 12), expect_vector(mb, 3, 6, 9);
    else expect_vector(ma, 4, 6, 8), expect_vector(mb, 1, 2, 3);
    finish(g, plan, run);
  }
}

/* Both updates in one fused step, each reading the other's old value. */
Test(order, crossed_in_one_step) {
  ag_graph *g = new_graph();
  ag_ref a = ag_state(g, "a", TN_F64, 1, vector), b = ag_state(g, "b", TN_F64, 1, vector),
         c = ag_mul(g, a, b);
  ag_assign(g, a, ag_add(g, c, b));
  ag_assign(g, b, ag_add(g, c, a));
  ag_plan *plan = compile(g, NULL, 0, AG_WITH_EFFECTS);
  ag_run *run = new_run(plan);
  double ma[] = {1, 2, 3}, mb[] = {4, 5, 6};
  BIND(run, plan, "a", ma, "b", mb);
  step(run);
  cr_expect_eq(ag_plan_step_count(plan), 1);
  expect_vector(ma, 8, 15, 24), expect_vector(mb, 5, 12, 21);
  finish(g, plan, run);
}

/* Values whose elements come from other places of the leaf they replace. */
Test(order, permuted_onto_itself) {
  for (int kind = 0; kind < 4; kind++) {
    ag_graph *g = new_graph();
    ag_ref a = ag_state(g, "a", TN_F64, 2, square), i = ag_input(g, "i", TN_I32, 1, vector);
    ag_ref row = ag_slice(g, a, 0, 2, 1), rest = ag_slice(g, a, 0, 0, 2);
    ag_ref value = kind == 0   ? ag_transpose2(g, a)
                   : kind == 1 ? ag_gather(g, a, i)
                   : kind == 2 ? ag_concat(g, (ag_ref[]){row, rest}, 2, 0)
                               : ag_reshape(g, ag_transpose2(g, ag_detach(g, a)), 2, square);
    ag_assign(g, a, value);
    ag_plan *plan = compile(g, NULL, 0, AG_WITH_EFFECTS);
    ag_run *run = new_run(plan);
    double m[9] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    int32_t mi[3] = {2, 0, 1};
    BIND(run, plan, "a", m, "i", mi);
    step(run);
    for (int e = 0; e < 9; e++)
      cr_expect_eq(m[e], kind == 0 || kind == 3 ? e % 3 * 3 + e / 3 : (e + 6) % 9, "kind %d element %d: %g",
                   kind, e, m[e]);
    finish(g, plan, run);
  }
}

/* What an assign may be given: another leaf, a constant, itself, an alias, one value for two states, an
 * output. */
Test(order, unusual_values) {
  ag_graph *g = new_graph();
  ag_ref s[7];
  char name[16];
  double memory[7][3], one[3] = {1, 2, 3};
  for (int i = 0; i < 7; i++) {
    snprintf(name, sizeof name, "s%d", i);
    s[i] = ag_state(g, name, TN_F64, 1, vector);
    for (int k = 0; k < 3; k++) memory[i][k] = 10 * i + k;
  }
  ag_ref x = ag_input(g, "x", TN_F64, 1, vector), y = ag_scale(g, x, 2);
  ag_assign(g, s[0], ag_constant(g, tn_view_of((double[]){7, 8, 9}, TN_F64, 1, vector)));
  ag_assign(g, s[1], s[1]);
  ag_assign(g, s[2], ag_reshape(g, ag_reshape(g, ag_offset(g, s[3], 1), 2, (int64_t[]){3, 1}), 1, vector));
  ag_assign(g, s[3], ag_detach(g, s[4]));
  ag_assign(g, s[4], y);
  ag_assign(g, s[5], y);
  ag_assign(g, s[6], ag_broadcast(g, ag_scalar(g, TN_F64, -1), 1, vector));
  ag_ref outputs[] = {
      y, s[6], y, ag_reshape(g, y, 2, (int64_t[]){1, 3}), ag_scalar(g, TN_F64, 5), ag_detach(g, s[3])};
  ag_plan *plan = compile(g, outputs, 6, AG_WITH_EFFECTS);
  ag_run *run = new_run(plan);
  BIND(run, plan, "x", one, "s0", memory[0], "s1", memory[1], "s2", memory[2], "s3", memory[3], "s4",
       memory[4], "s5", memory[5], "s6", memory[6]);
  step(run);
  expect_vector(memory[0], 7, 8, 9), expect_vector(memory[1], 10, 11, 12),
      expect_vector(memory[2], 31, 32, 33);
  expect_vector(memory[3], 40, 41, 42), expect_vector(memory[4], 2, 4, 6), expect_vector(memory[5], 2, 4, 6);
  expect_vector(memory[6], -1, -1, -1);
  memset(memory, 0,
         sizeof memory); /* outputs have memory of their own, and show the values before the step */
  expect_vector(ag_run_output(run, 0).data, 2, 4, 6), expect_vector(ag_run_output(run, 1).data, 60, 61, 62);
  expect_vector(ag_run_output(run, 2).data, 2, 4, 6), expect_vector(ag_run_output(run, 3).data, 2, 4, 6);
  cr_expect(ag_run_output(run, 3).rank == 2 && *(double *)ag_run_output(run, 4).data == 5);
  expect_vector(ag_run_output(run, 5).data, 30, 31, 32);
  finish(g, plan, run);
}

/* The output is only an alias of the value that is assigned: still memory of its own. */
Test(order, an_alias_of_an_assigned_value) {
  ag_graph *g = new_graph();
  ag_ref s = ag_state(g, "s", TN_F64, 1, vector), next = ag_scale(g, s, 2);
  ag_ref y = ag_reshape(g, ag_detach(g, next), 2, (int64_t[]){3, 1});
  ag_assign(g, s, next);
  ag_plan *plan = compile(g, &y, 1, AG_WITH_EFFECTS);
  ag_run *run = new_run(plan);
  double m[] = {1, 2, 3};
  BIND(run, plan, "s", m);
  step(run);
  expect_vector(m, 2, 4, 6);
  m[0] = m[1] = m[2] = 0;
  expect_vector(ag_run_output(run, 0).data, 2, 4, 6);
  finish(g, plan, run);
}

Test(order, empty_and_scalar_states) {
  ag_graph *g = new_graph();
  const int64_t none[] = {0, 3};
  ag_ref e = ag_state(g, "e", TN_F64, 2, none), s = ag_state(g, "s", TN_F64, 0, NULL);
  ag_ref total = ag_sum_all(g, e), widest = ag_max(g, e, 1, false);
  ag_assign(g, e, ag_scale(g, e, 2));
  ag_assign(g, s, ag_offset(g, ag_add(g, s, total), 1));
  ag_plan *plan = compile(g, (ag_ref[]){total, widest, e}, 3, AG_WITH_EFFECTS);
  ag_run *run = new_run(plan);
  double counter = 0;
  tn_status status = ag_run_bind(run, ag_plan_find_leaf(plan, "e"), tn_view_of(NULL, TN_F64, 2, none));
  cr_assert_eq(status, TN_OK);
  BIND(run, plan, "s", &counter);
  step(run), step(run);
  cr_expect_eq(counter, 2);
  expect_vector(ag_run_output(run, 1).data, -INFINITY, -INFINITY, -INFINITY);
  finish(g, plan, run);
}

/* ---- memory ---- */

Test(memory, reuse_makes_the_arena_smaller) {
  ag_graph *g = new_graph();
  const int64_t shape[] = {64, 64};
  ag_ref x = ag_input(g, "x", TN_F32, 2, shape);
  for (int i = 0; i < 20; i++) x = ag_tanh(g, ag_matmul(g, x, x));
  ag_plan *tight = compile(g, &x, 1, 0), *loose = compile(g, &x, 1, AG_NO_REUSE);
  cr_expect_leq(ag_plan_arena_bytes(tight), 3 * 64 * 64 * 4 + 8 * 2048);
  cr_expect_geq(ag_plan_arena_bytes(loose), 40 * 64 * 64 * 4);
  ag_plan_free(loose);
  finish(g, tight, NULL);
}

Test(memory, beyond_all_memory_is_an_error) {
  ag_graph *g = new_graph();
  const int64_t shape[] = {INT64_C(1) << 59};
  ag_ref y[5];
  char name[16];
  for (int i = 0; i < 5; i++) {
    snprintf(name, sizeof name, "u%d", i);
    y[i] = ag_uniform(g, name, TN_F64, 1, shape);
  }
  ag_plan *plan = NULL;
  cr_expect_eq(ag_compile(g, y, 5, 0, &plan), TN_ENOMEM);
  cr_expect_null(plan);
  ag_graph_free(g);
}

/* ---- compile ---- */

Test(compile, refuses_what_is_not_a_value) {
  for (int kind = 0; kind < 3; kind++) {
    ag_graph *g = new_graph();
    ag_ref s = ag_state(g, "s", TN_F64, 1, vector), effect = ag_assign(g, s, ag_scale(g, s, 2));
    ag_ref wanted = kind == 0 ? (ag_ref){0} : kind == 1 ? (ag_ref){1000} : effect;
    ag_plan *plan = NULL;
    cr_expect_eq(ag_compile(g, &wanted, 1, 0, &plan), TN_EINVAL);
    cr_expect(!plan && strstr(ag_error(g), "output 0"), "%s", ag_error(g));
    ag_graph_free(g);
  }
}

Test(compile, long_chains_take_no_time) {
  ag_graph *g = new_graph();
  ag_ref x = ag_input(g, "x", TN_F64, 2, square), b = ag_input(g, "b", TN_F64, 1, vector);
  for (int i = 0; i < 1000; i++) x = ag_tanh(g, ag_add(g, ag_matmul(g, x, x), b));
  ag_plan *plan = compile(g, &x, 1, 0), *single = compile(g, &x, 1, AG_NO_FUSE);
  cr_expect_eq(ag_plan_step_count(plan), 2000);
  ag_plan_free(single);
  finish(g, plan, NULL);
}
