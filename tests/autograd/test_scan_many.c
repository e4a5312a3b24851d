/* Loops for many examples: ag_vmap of a loop, of its derivative and of its Hessian product against the examples one by one;
 * the derivative of a mapped loop; per-example gradients of a recurrent network; Jacobians; out of memory. */
#include "autograd/autograd.h"
#include "support/refuse.h"
#include "support/same.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { EXAMPLES = 3, STEPS = 5, IN = 2, WIDTH = 4, INPUTS = 4, OUTPUTS = 2 * INPUTS + 1 };

typedef struct setting {
  unsigned mapped; /* bit i: input i differs by example */
  bool random, inner, hessian;
} setting;

static const char *const names[] = {"x", "h", "w", "u"};
static const ag_type types[] = {
    {TN_F64, 2, {STEPS, IN}}, {TN_F64, 1, {WIDTH}}, {TN_F64, 2, {IN, WIDTH}}, {TN_F64, 2, {WIDTH, WIDTH}}};

static void add_up(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  (void)ctx;
  s->next[0] = ag_sin(g, ag_add(g, s->carry[0], s->shared[0]));
}

static ag_ref row_times(ag_graph *g, ag_ref x, ag_ref w) {
  ag_type t = ag_type_of(g, x);
  return ag_squeeze(g, ag_matmul(g, ag_reshape(g, x, 2, (int64_t[]){1, t.shape[0]}), w), 0);
}

static void cell(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  const setting *o = ctx;
  ag_ref z = ag_add(g, row_times(g, s->each[0], s->shared[0]), row_times(g, s->carry[0], s->shared[1]));
  if (o->random) z = ag_add(g, z, ag_uniform(g, "u", TN_F64, 1, (int64_t[]){WIDTH}));
  ag_ref h = ag_tanh(g, z);
  ag_ref start = h;
  if (o->inner)
    ag_scan(g, &(ag_scan_args){.length = 2, .carry = &start, .n_carry = 1, .shared = &z, .n_shared = 1},
            add_up, NULL, &h, NULL);
  s->next[0] = h;
  s->next[1] = ag_offset(g, s->carry[1], 1); /* the same for all examples */
  s->out[0] = ag_mul(g, ag_sum_all(g, ag_square(g, h)), s->carry[1]);
}

static ag_ref loss_of(ag_graph *g, const ag_ref *in, const setting *s) {
  ag_ref carry[2] = {in[1], ag_scalar(g, TN_F64, 1)}, last[2], out;
  ag_scan(g,
          &(ag_scan_args){.name = "rnn",
                          .length = STEPS,
                          .carry = carry,
                          .n_carry = 2,
                          .each = in,
                          .n_each = 1,
                          .shared = in + 2,
                          .n_shared = 2,
                          .n_out = 1},
          cell, s, last, &out);
  return ag_add(g, ag_sum_all(g, ag_sin(g, out)), ag_sum_all(g, last[0]));
}

/* The loss, its gradients, and the Hessian's product with the inputs; returns how many. */
static int results_of(ag_graph *g, const ag_ref *in, const setting *s, ag_ref *out) {
  out[0] = loss_of(g, in, s);
  ag_grad(g, out[0], in, INPUTS, out + 1);
  if (s->hessian) ag_hvp(g, out[0], in, in, INPUTS, out + 1 + INPUTS);
  return s->hessian ? OUTPUTS : 1 + INPUTS;
}

static double number(int input, int example, int64_t k) {
  return 0.7 * ((double)((input * 7919 + example * 611953 + k * 104729) % 2003) / 1001 - 1);
}

/* Runs a graph whose leaves are the inputs of one example (>= 0), or of all (-1: leaves of the mapped ones have an axis
 * more). The outputs are copied. */
static void run(ag_graph *g, const ag_ref *out, int n, const setting *s, int example, tn_array *results) {
  ag_plan *plan;
  ag_run *r;
  tn_array memory[INPUTS] = {0};
  cr_assert_eq(ag_compile(g, out, n, 0, &plan), TN_OK, "%s", ag_error(g));
  cr_assert_eq(ag_run_new(plan, 1, &r), TN_OK);
  for (int i = 0; i < INPUTS; i++) {
    int leaf = ag_plan_find_leaf(plan, names[i]);
    if (leaf < 0) continue;
    ag_type t = ag_plan_leaf_type(plan, leaf);
    int64_t one = tn_numel(types[i].rank, types[i].shape);
    cr_assert_eq(tn_array_new(NULL, TN_F64, t.rank, t.shape, &memory[i]), TN_OK);
    for (int64_t k = 0; k < tn_view_numel(&memory[i].view); k++) {
      int e = example < 0 ? (int)(k / one) : s->mapped >> i & 1 ? example : 0;
      tn_set(&memory[i].view, k, number(i, e, k % one));
    }
    cr_assert_eq(ag_run_bind(r, leaf, memory[i].view), TN_OK);
  }
  cr_assert_eq(ag_run_step(r, (tn_rng){.seed = 3}), TN_OK, "%s", ag_run_error(r));
  for (int k = 0; k < n; k++) {
    tn_view y = ag_run_output(r, k);
    cr_assert_eq(tn_array_new(NULL, y.dtype, y.rank, y.shape, &results[k]), TN_OK);
    memcpy(results[k].view.data, y.data, tn_view_bytes(&y));
  }
  for (int i = 0; i < INPUTS; i++) tn_array_free(&memory[i]);
  ag_run_free(r), ag_plan_free(plan);
}

static ag_ref leaf_for(ag_graph *g, int i, bool all) {
  ag_type t = types[i];
  int64_t shape[4] = {EXAMPLES};
  memcpy(shape + all, t.shape, (size_t)t.rank * sizeof *shape);
  return ag_input(g, names[i], TN_F64, t.rank + all, shape);
}

/* The leaves of one example, those of all, and what is mapped; returns how many are. */
static int inputs(ag_graph *g, const setting *s, ag_ref *in, ag_ref *one, ag_ref *all) {
  int n = 0;
  for (int i = 0; i < INPUTS; i++) {
    if (!(s->mapped >> i & 1)) {
      in[i] = leaf_for(g, i, false);
      continue;
    }
    in[i] = one[n] = ag_input(g, (char[]){'1', *names[i], 0}, TN_F64, types[i].rank, types[i].shape);
    all[n++] = leaf_for(g, i, true);
  }
  return n;
}

static ag_graph *new_graph(void) {
  ag_graph *g;
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  return g;
}

static void compare(const setting *s, const tn_array *all, int n, const char *what) {
  for (int e = 0; e < EXAMPLES; e++) {
    ag_graph *g = new_graph();
    ag_ref in[INPUTS], out[OUTPUTS];
    tn_array one[OUTPUTS];
    for (int i = 0; i < INPUTS; i++) in[i] = leaf_for(g, i, false);
    results_of(g, in, s, out);
    run(g, out, n, s, e, one);
    for (int k = 0; k < n; k++) {
      tn_view row = tn_view_slice(all[k].view, 0, e, 1, 1);
      row.rank--;
      memmove(row.shape, row.shape + 1, (TN_MAX_RANK - 1) * sizeof *row.shape);
      memmove(row.stride, row.stride + 1, (TN_MAX_RANK - 1) * sizeof *row.stride);
      cr_expect_lt(largest_error(row, one[k].view), 1e-13, "%s: mapped %x, example %d, result %d", what,
                   s->mapped, e, k);
      tn_array_free(&one[k]);
    }
    ag_graph_free(g);
  }
}

static void check(setting s) {
  ag_graph *g = new_graph();
  ag_ref in[INPUTS], one[INPUTS], many[INPUTS], out[OUTPUTS], mapped[OUTPUTS];
  tn_array all[OUTPUTS];
  int n_in = inputs(g, &s, in, one, many), n = results_of(g, in, &s, out);
  ag_vmap(g, one, many, n_in, out, n, mapped);
  run(g, mapped, n, &s, -1, all);
  compare(&s, all, n, "vmap of the derivative");
  for (int k = 0; k < n; k++) tn_array_free(&all[k]);
  ag_graph_free(g);
}

Test(scan_many, a_loop_and_its_derivatives_for_many_examples) {
  for (unsigned mapped = 1; mapped < 16; mapped++) check((setting){.mapped = mapped});
  check((setting){.mapped = 1, .random = true});
  check((setting){.mapped = 5, .inner = true});
  check((setting){.mapped = 1, .hessian = true});
  check((setting){.mapped = 15, .hessian = true, .inner = true});
}

/* The derivative of the mapped loop: the gradient of the sum of all losses, by what differs by example. */
Test(scan_many, derivative_of_a_mapped_loop) {
  setting s = {.mapped = 15};
  ag_graph *g = new_graph();
  ag_ref in[INPUTS], one[INPUTS], many[INPUTS], loss, out[1 + INPUTS];
  tn_array all[1 + INPUTS];
  int n_in = inputs(g, &s, in, one, many);
  loss = loss_of(g, in, &s);
  ag_vmap(g, one, many, n_in, &loss, 1, out);
  ag_grad(g, ag_sum_all(g, out[0]), many, n_in, out + 1);
  run(g, out, 1 + INPUTS, &s, -1, all);
  compare(&s, all, 1 + INPUTS, "derivative of the vmap");
  for (int k = 0; k < 1 + INPUTS; k++) tn_array_free(&all[k]);
  ag_graph_free(g);
}

Test(scan_many, per_example_gradients) {
  setting s = {.mapped = 1};
  ag_graph *g = new_graph();
  ag_ref in[INPUTS], one[INPUTS], many[INPUTS], loss, out[3];
  tn_array all[3];
  int n_in = inputs(g, &s, in, one, many);
  loss = loss_of(g, in, &s);
  ag_vmap(g, one, many, n_in, &loss, 1, out);
  ag_per_example_grad(g, loss, in + 1, 2, one, many, n_in, out + 1); /* by h and w */
  run(g, out, 3, &s, -1, all);
  ag_ref check_out[OUTPUTS];
  for (int e = 0; e < EXAMPLES; e++) {
    ag_graph *b = new_graph();
    tn_array single[OUTPUTS];
    for (int i = 0; i < INPUTS; i++) in[i] = leaf_for(b, i, false);
    int n = results_of(b, in, &s, check_out);
    run(b, check_out, n, &s, e, single);
    for (int k = 0; k < 2; k++)
      for (int64_t i = 0; i < tn_view_numel(&single[2 + k].view); i++)
        cr_expect_float_eq(tn_get(&all[1 + k].view, e * tn_view_numel(&single[2 + k].view) + i),
                           tn_get(&single[2 + k].view, i), 1e-12);
    for (int k = 0; k < n; k++) tn_array_free(&single[k]);
    ag_graph_free(b);
  }
  for (int k = 0; k < 3; k++) tn_array_free(&all[k]);
  ag_graph_free(g);
}

/* By the state a loop begins with: one vjp under ag_vmap, against jvp by unit vectors. */
Test(scan_many, jacobian) {
  setting s = {0};
  ag_graph *g = new_graph();
  ag_ref in[INPUTS], out[1 + WIDTH];
  tn_array all[1 + WIDTH];
  for (int i = 0; i < INPUTS; i++) in[i] = leaf_for(g, i, false);
  ag_ref carry[2] = {in[1], ag_scalar(g, TN_F64, 1)}, last[2], each;
  ag_scan(g,
          &(ag_scan_args){.length = STEPS,
                          .carry = carry,
                          .n_carry = 2,
                          .each = in,
                          .n_each = 1,
                          .shared = in + 2,
                          .n_shared = 2,
                          .n_out = 1},
          cell, &s, last, &each);
  out[0] = ag_jacobian(g, last[0], in[1]);
  for (int k = 0; k < WIDTH; k++) {
    double unit[WIDTH] = {0};
    unit[k] = 1;
    ag_ref v = ag_constant(g, tn_view_of(unit, TN_F64, 1, (int64_t[]){WIDTH}));
    out[1 + k] = ag_jvp(g, last[0], &in[1], &v, 1);
  }
  run(g, out, 1 + WIDTH, &s, 0, all);
  for (int k = 0; k < WIDTH; k++)
    for (int i = 0; i < WIDTH; i++)
      cr_expect_float_eq(tn_get(&all[0].view, i * WIDTH + k), tn_get(&all[1 + k].view, i), 1e-13);
  for (int k = 0; k < 1 + WIDTH; k++) tn_array_free(&all[k]);
  ag_graph_free(g);
}

static tn_status build_many(const tn_alloc *alloc, void *ctx) {
  ag_graph *g;
  ag_ref in[INPUTS], one[INPUTS], many[INPUTS], out[OUTPUTS], mapped[OUTPUTS];
  tn_status status = ag_graph_new(alloc, &g);
  if (status != TN_OK) return status;
  int n_in = inputs(g, ctx, in, one, many), n = results_of(g, in, ctx, out);
  ag_vmap(g, one, many, n_in, out, n, mapped);
  status = ag_status(g);
  ag_graph_free(g);
  return status;
}

Test(scan_many, out_of_memory) {
  setting s = {.mapped = 5, .inner = true};
  refuse_each(build_many, &s, "loops for many");
}
