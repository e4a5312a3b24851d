/* Parts of a graph that are computed again for the derivative: the same bits, less memory, under second derivatives, many
 * examples and loops; random values are those of the first time; what is refused. */
#include "autograd/autograd.h"
#include "support/refuse.h"
#include "support/same.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 8, WIDTH = 6, HIDDEN = 48, MOST_BLOCKS = 32, MOST_OUT = 2 + 2 * MOST_BLOCKS };

typedef enum kind { GRADIENT, HESSIAN_PRODUCT, EXAMPLES, LOOP } kind;
typedef struct setting {
  kind kind;
  int blocks;
  bool again, nested, dropout;
} setting;

static ag_ref leaf(ag_graph *g, const char *what, int i, int rank, const int64_t *shape) {
  char name[32];
  snprintf(name, sizeof name, "%s %d", what, i);
  return ag_input(g, name, TN_F64, rank, shape);
}

/* h [..., WIDTH] + dropout(tanh(h w1)) w2, with an elementwise end, which could fuse with the next block's start. */
static ag_ref block(ag_graph *g, ag_ref h, const ag_ref *w, int i, const setting *s) {
  size_t since = ag_node_count(g);
  ag_ref wide = ag_matmul(g, ag_sin(g, h), w[0]);
  ag_ref a = ag_gelu(g, wide);
  if (s->again && s->nested) a = ag_recompute(g, since, a);
  if (s->dropout) {
    char name[32];
    snprintf(name, sizeof name, "dropout %d", i);
    a = ag_mul(g, a, ag_bernoulli(g, name, TN_F64, 2, (int64_t[]){BATCH, HIDDEN}, 0.8));
  }
  ag_ref y = ag_add(g, h, ag_tanh(g, ag_matmul(g, a, w[1])));
  return s->again ? ag_recompute(g, since, y) : y;
}

static void body(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  s->next[0] = block(g, ag_add(g, s->carry[0], s->each[0]), s->shared, 0, ctx);
}

static ag_ref loop(ag_graph *g, ag_ref h, const ag_ref *w, const setting *s) {
  ag_ref each = leaf(g, "each", 0, 3, (int64_t[]){s->blocks, BATCH, WIDTH}), last;
  ag_scan(g,
          &(ag_scan_args){.name = "loop",
                          .length = s->blocks,
                          .carry = &h,
                          .n_carry = 1,
                          .each = &each,
                          .n_each = 1,
                          .shared = w,
                          .n_shared = 2},
          body, s, &last, NULL);
  return last;
}

static ag_ref loss_of(ag_graph *g, ag_ref h, const ag_ref *w, const setting *s) {
  if (s->kind == LOOP) h = loop(g, h, w, s);
  for (int i = 0; i < s->blocks && s->kind != LOOP; i++) h = block(g, h, w + 2 * i, i, s);
  return ag_mean_all(g, ag_square(g, ag_offset(g, h, -0.3)));
}

/* Writes the outputs of the kind; returns how many. */
static int build(ag_graph *g, const setting *s, ag_ref *out) {
  ag_ref w[2 * MOST_BLOCKS], v[2 * MOST_BLOCKS];
  int n = s->kind == LOOP ? 2 : 2 * s->blocks;
  for (int i = 0; i < n; i++) {
    int64_t shape[] = {i % 2 ? HIDDEN : WIDTH, i % 2 ? WIDTH : HIDDEN};
    w[i] = leaf(g, "w", i, 2, shape);
    if (s->kind == HESSIAN_PRODUCT) v[i] = leaf(g, "v", i, 2, shape);
  }
  ag_ref x = leaf(g, "x", 0, 2, (int64_t[]){BATCH, WIDTH});
  if (s->kind == EXAMPLES) {
    ag_ref one = leaf(g, "one", 0, 2, (int64_t[]){1, WIDTH});
    ag_per_example_grad(g, loss_of(g, one, w, s), w, n, &one, (ag_ref[]){ag_unsqueeze(g, x, 1)}, 1, out);
    return n;
  }
  out[0] = loss_of(g, x, w, s);
  if (s->kind == HESSIAN_PRODUCT) ag_hvp(g, out[0], w, v, n, out + 1);
  else ag_grad(g, out[0], w, n, out + 1);
  return 1 + n;
}

typedef struct computed {
  int n;
  tn_array out[MOST_OUT];
  size_t arena;
  int steps;
} computed;

static double number(int i, int64_t k) { return 0.4 * ((double)((i * 7919 + k * 104729) % 2003) / 1001 - 1); }

static computed compute(const setting *s, unsigned flags) {
  ag_graph *g;
  ag_plan *plan;
  ag_run *run;
  ag_ref out[MOST_OUT];
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  computed c = {.n = build(g, s, out)};
  cr_assert_eq(ag_compile(g, out, c.n, flags, &plan), TN_OK, "%s", ag_error(g));
  cr_assert_eq(ag_run_new(plan, 1, &run), TN_OK);
  int leaves = ag_plan_leaf_count(plan);
  tn_array *memory = calloc((size_t)leaves, sizeof *memory);
  for (int i = 0; i < leaves; i++) {
    ag_type t = ag_plan_leaf_type(plan, i);
    cr_assert_eq(tn_array_new(NULL, t.dtype, t.rank, t.shape, &memory[i]), TN_OK);
    const char *name = ag_plan_leaf_name(plan, i);
    for (int64_t k = 0; k < tn_view_numel(&memory[i].view); k++)
      tn_set(&memory[i].view, k, number((int)(tn_stream(name) % 1009), k));
    cr_assert_eq(ag_run_bind(run, i, memory[i].view), TN_OK);
  }
  cr_assert_eq(ag_run_step(run, (tn_rng){.seed = 3, .step = 5}), TN_OK, "%s", ag_run_error(run));
  for (int i = 0; i < c.n; i++) {
    tn_view y = ag_run_output(run, i);
    cr_assert_eq(tn_array_new(NULL, y.dtype, y.rank, y.shape, &c.out[i]), TN_OK);
    memcpy(c.out[i].view.data, y.data, tn_view_bytes(&y));
  }
  c.arena = ag_plan_arena_bytes(plan);
  c.steps = ag_plan_step_count(plan);
  for (int i = 0; i < leaves; i++) tn_array_free(&memory[i]);
  free(memory);
  ag_run_free(run), ag_plan_free(plan), ag_graph_free(g);
  return c;
}

static void release(computed *c) {
  for (int i = 0; i < c->n; i++) tn_array_free(&c->out[i]);
}

/* Both ways with the same bits (second derivatives add in another order), for plans with and without fusion; the second way is returned as arena over that of
 * the first. */
static double same(setting s) {
  static const unsigned flags[] = {AG_NO_FUSE, 0};
  double ratio = 0;
  for (int f = 0; f < 2; f++) {
    s.again = false;
    computed kept = compute(&s, flags[f]);
    s.again = true;
    computed again = compute(&s, flags[f]);
    for (int i = 0; i < kept.n && s.kind == HESSIAN_PRODUCT; i++)
      cr_assert_lt(largest_error(again.out[i].view, kept.out[i].view), 1e-14, "output %d", i);
    for (int i = 0; i < kept.n && s.kind != HESSIAN_PRODUCT; i++)
      cr_assert_eq(same_bits(kept.out[i].view, again.out[i].view), -1, "kind %d, output %d", (int)s.kind, i);
    if (s.kind != LOOP) cr_assert_gt(again.steps, kept.steps, "nothing is computed again");
    ratio = (double)again.arena / (double)kept.arena;
    release(&kept), release(&again);
  }
  return ratio;
}

Test(recompute, a_deep_network_keeps_one_block) {
  cr_expect_lt(same((setting){.kind = GRADIENT, .blocks = MOST_BLOCKS}), 0.35);
  cr_expect_lt(same((setting){.kind = GRADIENT, .blocks = MOST_BLOCKS, .dropout = true}), 0.35);
  cr_expect_lt(same((setting){.kind = GRADIENT, .blocks = MOST_BLOCKS, .nested = true}), 0.35);
}

/* What a block's inside takes does not grow with the number of blocks. */
Test(recompute, memory_by_blocks) {
  size_t arena[2];
  for (int k = 0; k < 2; k++) {
    setting s = {.kind = GRADIENT, .blocks = k ? 32 : 16, .again = true};
    computed c = compute(&s, 0);
    arena[k] = c.arena;
    release(&c);
  }
  size_t kept = BATCH * WIDTH * sizeof(double); /* between two blocks; gradients are outputs */
  size_t gradients = 2 * WIDTH * HIDDEN * sizeof(double);
  cr_expect_leq(arena[1] - arena[0], 16 * (gradients + 2 * kept), "%zu, then %zu bytes", arena[0], arena[1]);
}

Test(recompute, second_derivatives) {
  (void)same((setting){.kind = HESSIAN_PRODUCT, .blocks = 4});
  (void)same((setting){.kind = HESSIAN_PRODUCT, .blocks = 4, .dropout = true});
  (void)same((setting){.kind = HESSIAN_PRODUCT, .blocks = 3, .nested = true});
}

Test(recompute, many_examples) {
  cr_expect_leq(same((setting){.kind = EXAMPLES, .blocks = 16}), 1); /* mostly the gradients themselves */
}

/* In the body of a loop: of each step only what the body reads is kept. */
Test(recompute, loops) {
  cr_expect_lt(same((setting){.kind = LOOP, .blocks = 32}), 0.5);
  cr_expect_lt(same((setting){.kind = LOOP, .blocks = 32, .dropout = true}), 0.5);
}

static ag_ref checked(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  (void)n;
  return loss_of(g, in[0], in + 1, ctx);
}

Test(recompute, by_differences) {
  const setting s = {.blocks = 2, .again = true, .nested = true};
  tn_array at[5];
  tn_view views[5];
  for (int i = 0; i < 5; i++) {
    int64_t shape[] = {i == 0 ? BATCH : i % 2 ? WIDTH : HIDDEN, i % 2 ? HIDDEN : WIDTH};
    cr_assert_eq(tn_array_new(NULL, TN_F64, 2, shape, &at[i]), TN_OK);
    for (int64_t k = 0; k < tn_view_numel(&at[i].view); k++) tn_set(&at[i].view, k, number(i, k));
    views[i] = at[i].view;
  }
  ag_gradcheck_report r;
  cr_assert_eq(ag_gradcheck(checked, &s, views, 5, NULL, &r), TN_OK, "%s", r.message);
  for (int i = 0; i < 5; i++) tn_array_free(&at[i]);
}

Test(recompute, refused) {
  ag_graph *g;
  ag_ref d;
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  ag_ref x = ag_input(g, "x", TN_F64, 0, NULL);
  cr_expect_eq(ag_recompute(g, ag_node_count(g), x).id, x.id, "there is no part");
  size_t since = ag_node_count(g);
  ag_ref inner = ag_sin(g, x), beside = ag_cos(g, x), y = ag_recompute(g, since, ag_exp(g, inner));
  ag_grad(g, ag_mul(g, y, beside), &beside, 1, &d);
  cr_expect_eq(ag_status(g), TN_OK, "%s", ag_error(g));
  ag_grad(g, y, &inner, 1, &d);
  cr_expect_eq(ag_status(g), TN_EINVAL);
  cr_expect(strstr(ag_error(g), "value 0 of wrt is inside a part that is recomputed"), "%s", ag_error(g));
  cr_expect_eq(ag_recompute(g, since, y).id, 0);
  ag_graph_free(g);
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  cr_expect_eq(ag_recompute(g, 1, (ag_ref){7}).id, 0);
  cr_expect(strstr(ag_error(g), "recompute: wants a value of this graph"), "%s", ag_error(g));
  ag_graph_free(g);
}

static tn_status build_again(const tn_alloc *alloc, void *ctx) {
  ag_graph *g;
  ag_ref out[MOST_OUT];
  tn_status status = ag_graph_new(alloc, &g);
  if (status != TN_OK) return status;
  build(g, ctx, out);
  status = ag_status(g);
  ag_graph_free(g);
  return status;
}

Test(recompute, out_of_memory) {
  setting s = {.kind = EXAMPLES, .blocks = 2, .again = true, .nested = true};
  refuse_each(build_again, &s, "a recomputed part");
}
