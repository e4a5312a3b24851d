/* Updates whose parts run panel by panel, and parts that must not: what the update overwrites and others read, other
 * extents, products of other ranks, reductions over rows. Each has the bits that it has without panels. */
#include "autograd/plan/plan.h"
#include "support/values.h"

#include <criterion/criterion.h>
#include <string.h>

enum { ROWS = 6, WIDTH = 4, BATCH = 5, STEPS = 3, LEAVES = 5, MOST = ROWS * ROWS };
enum { W, V, X, Y, U };
static const struct {
  const char *name;
  bool state;
  ag_type type;
} leaves[LEAVES] = {[W] = {"w", true, {TN_F64, 2, {ROWS, WIDTH}}},
                    [V] = {"v", true, {TN_F64, 1, {ROWS}}},
                    [X] = {"x", false, {TN_F64, 2, {BATCH, ROWS}}},
                    [Y] = {"y", false, {TN_F64, 2, {BATCH, WIDTH}}},
                    [U] = {"u", false, {TN_F64, 2, {ROWS, ROWS}}}};

typedef ag_ref change(ag_graph *g, const ag_ref *l, ag_ref product); /* of w; product: x' y [ROWS, WIDTH] */

static ag_ref as_w(ag_graph *g, ag_ref x) { return ag_reshape(g, x, 2, leaves[W].type.shape); }

static ag_ref plain(ag_graph *g, const ag_ref *l, ag_ref product) { return (void)l, ag_tanh(g, product); }
static ag_ref w_on_the_left(ag_graph *g, const ag_ref *l, ag_ref product) {
  return ag_mul(g, product, ag_matmul(g, l[W], ag_contract(g, l[Y], l[Y], true, false)));
}
static ag_ref w_on_the_right(ag_graph *g, const ag_ref *l, ag_ref product) {
  return ag_mul(g, product, ag_matmul(g, l[U], l[W]));
}
static ag_ref row_of_w(ag_graph *g, const ag_ref *l, ag_ref product) {
  return ag_mul(g, product, ag_sin(g, ag_add(g, ag_slice(g, l[W], 0, 2, 1), product)));
}
static ag_ref w_in_another_shape(ag_graph *g, const ag_ref *l, ag_ref product) {
  ag_ref turned = ag_reshape(g, l[W], 2, (int64_t[]){WIDTH, ROWS});
  return ag_mul(g, product, as_w(g, ag_exp(g, ag_neg(g, ag_square(g, turned)))));
}
/* A window as large as the result: its elements repeat only with all rows, and a panel starts in their middle. */
static ag_ref window_of_column(ag_graph *g, const ag_ref *l, ag_ref product) {
  ag_ref column = ag_reshape(g, l[U], 3, (int64_t[]){ROWS * ROWS, 1, 1});
  ag_ref part = ag_tanh(g, ag_slice(g, column, 0, 3, ROWS)); /* [ROWS, 1, 1] */
  return as_w(g, ag_mul(g, ag_reshape(g, product, 3, (int64_t[]){ROWS, 1, WIDTH}), part));
}
static ag_ref norms_of_rows(ag_graph *g, const ag_ref *l, ag_ref product) {
  ag_ref norms = ag_sqrt(g, ag_offset(g, ag_sum_axis(g, ag_square(g, product), 1, true), 1));
  return ag_div(g, product, ag_add(g, norms, ag_sum_axis(g, ag_square(g, l[W]), 1, true)));
}
static ag_ref norms_of_columns(ag_graph *g, const ag_ref *l, ag_ref product) {
  (void)l;
  return ag_div(g, product, ag_offset(g, ag_sum_axis(g, ag_square(g, product), 0, true), 1));
}
static ag_ref norm_of_all(ag_graph *g, const ag_ref *l, ag_ref product) {
  (void)l;
  return ag_div(g, product, ag_offset(g, ag_sum_all(g, ag_square(g, product)), 1));
}
static ag_ref product_of_one_row(ag_graph *g, const ag_ref *l, ag_ref product) {
  return ag_mul(g, product, ag_matmul(g, ag_slice(g, ag_matmul(g, l[X], l[U]), 0, 1, 1), product));
}
static ag_ref product_of_rank_3(ag_graph *g, const ag_ref *l, ag_ref product) {
  ag_ref cube = ag_reshape(g, ag_exp(g, l[U]), 3, (int64_t[]){ROWS, 1, ROWS});
  return ag_mul(g, product, as_w(g, ag_matmul(g, cube, product)));
}
static ag_ref convolution(ag_graph *g, const ag_ref *l, ag_ref product) {
  ag_ref series = ag_reshape(g, l[U], 3, (int64_t[]){ROWS, ROWS, 1}),
         kernel = ag_full(g, TN_F64, 3, (int64_t[]){3, 1, 1}, 0.25);
  return ag_mul(g, product, as_w(g, ag_conv(g, ag_sin(g, series), kernel, NULL)));
}
static ag_ref rates_of_rows(ag_graph *g, const ag_ref *l, ag_ref product) {
  return ag_mul(g, product, ag_unsqueeze(g, ag_exp(g, l[V]), 1));
}
static ag_ref products_in_a_row(ag_graph *g, const ag_ref *l, ag_ref product) {
  return ag_matmul(g, ag_tanh(g, product), ag_contract(g, l[Y], l[Y], true, false));
}
static ag_ref twice(ag_graph *g, const ag_ref *l, ag_ref product) {
  return ag_add(g, ag_mul(g, product, ag_matmul(g, l[U], ag_tanh(g, product))), l[W]);
}

static const struct {
  const char *name;
  change *f;
} changes[] = {{"plain", plain},
               {"w on the left", w_on_the_left},
               {"w on the right", w_on_the_right},
               {"row of w", row_of_w},
               {"w in another shape", w_in_another_shape},
               {"window of column", window_of_column},
               {"norms of rows", norms_of_rows},
               {"norms of columns", norms_of_columns},
               {"norm of all", norm_of_all},
               {"product of one row", product_of_one_row},
               {"product of rank 3", product_of_rank_3},
               {"convolution", convolution},
               {"rates of rows", rates_of_rows},
               {"products in a row", products_in_a_row},
               {"twice", twice}};

/* w -= 0.1 change; v, a vector, -= the sums of its rows. The product may be an output too. */
static ag_ref build(ag_graph *g, change *f) {
  ag_ref l[LEAVES];
  for (int i = 0; i < LEAVES; i++) {
    const ag_type *t = &leaves[i].type;
    l[i] = (leaves[i].state ? ag_state : ag_input)(g, leaves[i].name, t->dtype, t->rank, t->shape);
  }
  ag_ref product = ag_contract(g, l[X], l[Y], true, false), delta = f(g, l, product);
  ag_assign(g, l[W], ag_sub(g, l[W], ag_scale(g, delta, 0.1)));
  ag_assign(g, l[V], ag_sub(g, l[V], ag_scale(g, ag_sum_axis(g, delta, 1, false), 0.1)));
  return product;
}

typedef struct outcome {
  double value[LEAVES][MOST], product[ROWS * WIDTH];
  int panels;
} outcome;

static void run(change *f, unsigned flags, bool output, outcome *o) {
  ag_graph *g = new_graph();
  ag_ref y = build(g, f);
  ag_plan *plan;
  ag_run *r;
  memset(o, 0, sizeof *o);
  tn_status status = ag_compile(g, &y, output, flags | AG_WITH_EFFECTS, &plan);
  cr_assert_eq(status, TN_OK, "%s", ag_error(g));
  cr_assert_eq(ag_run_new(plan, 1, &r), TN_OK);
  for (int i = 0; i < LEAVES; i++) {
    const ag_type *t = &leaves[i].type;
    tn_view v = tn_view_of(o->value[i], t->dtype, t->rank, t->shape);
    tn_rng_normal((tn_rng){.seed = 4, .stream = (uint32_t)i}, v);
    int leaf = ag_plan_find_leaf(plan, leaves[i].name);
    if (leaf >= 0) cr_assert_eq(ag_run_bind(r, leaf, v), TN_OK);
  }
  for (int k = 0; k < STEPS; k++) cr_assert_eq(ag_run_step(r, (tn_rng){0}), TN_OK, "%s", ag_run_error(r));
  if (output) memcpy(o->product, ag_run_output(r, 0).data, sizeof o->product);
  o->panels = plan->program.n_panels;
  ag_run_free(r), ag_plan_free(plan), ag_graph_free(g);
}

Test(panels, the_bits_are_those_without) {
  static const unsigned variants[] = {AG__SMALL_PANELS, AG__SMALL_PANELS | AG_NO_FUSE,
                                      AG__SMALL_PANELS | AG_NO_IN_PLACE, AG__SMALL_PANELS | AG__MANY_VALUES,
                                      0};
  static outcome want, have;
  for (size_t i = 0; i < sizeof changes / sizeof *changes; i++)
    for (int output = 0; output < 2; output++) {
      run(changes[i].f, AG_NO_PANELS | AG_NO_FUSE | AG_NO_REUSE | AG_NO_IN_PLACE, output, &want);
      for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
        run(changes[i].f, variants[v], output, &have);
        cr_expect_eq(memcmp(have.value, want.value, sizeof want.value), 0, "%s, variant %zu, output %d",
                     changes[i].name, v, output);
        cr_expect_eq(memcmp(have.product, want.product, sizeof want.product), 0, "%s, variant %zu: output",
                     changes[i].name, v);
      }
    }
  run(plain, AG__SMALL_PANELS, false, &have);
  cr_expect_eq(have.panels, 1);
  run(plain, 0, false, &have);
  cr_expect_eq(have.panels, 0, "too small to be worth it");
}
