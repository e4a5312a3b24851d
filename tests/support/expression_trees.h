/* expression_trees.h - tests of a table of expressions: every tree is found, becomes one instruction, and gives the
 * bits of its ops one by one, in both element types, for rows and blocks that fit and that do not. Define
 * AG_EXPRESSIONS, the table's file, USE(g), which gives the table to a graph, and SUITE before. */
#include "autograd/plan/plan.h"
#include "support/same.h"

#include <criterion/criterion.h>

typedef struct leaves {
  ag_graph *g;
  ag_ref a, b, c, s, t, u;
} leaves;

#define ADD(X, Y)                 ag_add(l->g, X, Y)
#define SUB(X, Y)                 ag_sub(l->g, X, Y)
#define MUL(X, Y)                 ag_mul(l->g, X, Y)
#define DIV(X, Y)                 ag_div(l->g, X, Y)
#define SQRT(X)                   ag_sqrt(l->g, X)
#define GREATER(X, Y)             ag_greater(l->g, X, Y)
#define WHERE(X, Y, Z)            ag_where(l->g, X, Y, Z)
#define A                         l->a
#define B                         l->b
#define C                         l->c
#define S                         l->s
#define T                         l->t
#define U                         l->u
#define AG_EXPRESSION_UPDATE(...) /* tests/nn/test_nn_expressions.c */
#define AG_EXPRESSION(NAME, TREE)                                                                            \
  static ag_ref NAME(const leaves *l) { return TREE; }
#include AG_EXPRESSIONS
#undef AG_EXPRESSION
#define AG_EXPRESSION(NAME, TREE) {#NAME, NAME},
static const struct {
  const char *name;
  ag_ref (*build)(const leaves *l);
} trees[] = {
#include AG_EXPRESSIONS
};

enum { ROWS = 3, WIDEST = 700, LEAVES = 6 };
static const char *const names[LEAVES] = {"a", "b", "c", "s", "t", "u"};

typedef enum narrow {
  SCALAR,
  PER_ROW,
  ACROSS
} narrow; /* what s, t and u are; across: one value a column, so no slot of theirs */

static leaves make_leaves(tn_dtype dtype, int64_t columns, narrow kind) {
  leaves l;
  tn_status status = ag_graph_new(NULL, &l.g);
  cr_assert_eq(status, TN_OK);
  USE(l.g);
  const int64_t full[] = {ROWS, columns}, row[] = {ROWS, 1}, across[] = {1, columns};
  ag_ref *wide[] = {&l.a, &l.b, &l.c}, *thin[] = {&l.s, &l.t, &l.u};
  for (int i = 0; i < 3; i++) *wide[i] = ag_state(l.g, names[i], dtype, 2, full);
  for (int i = 0; i < 3; i++)
    *thin[i] = ag_input(l.g, names[3 + i], dtype, kind == SCALAR ? 0 : 2, kind == PER_ROW ? row : across);
  return l;
}

static void fill(tn_array *x, const char *name) {
  tn_rng_uniform((tn_rng){.seed = 5, .stream = tn_stream(name)}, x->view);
  for (int64_t i = 0, n = tn_view_numel(&x->view); i < n; i++)
    tn_set(&x->view, i, tn_get(&x->view, i) * 2 + 0.1);
}

/* Two steps that also write the value into b; b and the output afterwards. */
static void run(const leaves *l, ag_ref y, unsigned flags, int *n_instructions, tn_array *out, tn_array *b) {
  ag_plan *plan;
  ag_run *r;
  tn_array memory[LEAVES] = {0};
  tn_status status = ag_compile(l->g, &y, 1, flags | AG_WITH_EFFECTS, &plan);
  cr_assert_eq(status, TN_OK, "%s", ag_error(l->g));
  status = ag_run_new(plan, 1, &r);
  cr_assert_eq(status, TN_OK);
  for (int i = 0; i < LEAVES; i++) {
    int leaf = ag_plan_find_leaf(plan, names[i]);
    if (leaf < 0) continue;
    ag_type type = ag_plan_leaf_type(plan, leaf);
    status = tn_array_new(NULL, type.dtype, type.rank, type.shape, &memory[i]);
    cr_assert_eq(status, TN_OK);
    fill(&memory[i], names[i]);
    status = ag_run_bind(r, leaf, memory[i].view);
    cr_assert_eq(status, TN_OK);
  }
  for (int step = 0; step < 2; step++) {
    status = ag_run_step(r, (tn_rng){0});
    cr_assert_eq(status, TN_OK);
  }
  tn_view v = ag_run_output(r, 0);
  status = tn_array_new(NULL, v.dtype, v.rank, v.shape, out);
  cr_assert_eq(status, TN_OK);
  tn_copy(out->view, v);
  *n_instructions = 0;
  for (int i = 0; i < plan->n_steps; i++) *n_instructions += plan->steps[i].n_instructions;
  *b = memory[1];
  for (int i = 0; i < LEAVES; i++)
    if (i != 1) tn_array_free(&memory[i]);
  ag_run_free(r), ag_plan_free(plan);
}

static void check_tree(size_t tree, tn_dtype dtype, int64_t columns, narrow kind) {
  static const unsigned flags[] = {AG_NO_COMBINE | AG_NO_FUSE | AG_NO_IN_PLACE, 0, AG_NO_COMBINE,
                                   AG_NO_IN_PLACE};
  leaves l = make_leaves(dtype, columns, kind);
  ag_ref y = trees[tree].build(&l), sum = ag_sum_all(l.g, y);
  ag_assign(l.g, l.b, ag_add(l.g, ag_broadcast(l.g, sum, 2, (int64_t[]){ROWS, columns}), y));
  cr_assert_eq(ag_status(l.g), TN_OK, "%s", ag_error(l.g));
  tn_array y0, b0;
  int plain, n;
  run(&l, y, flags[0], &plain, &y0, &b0);
  for (size_t f = 1; f < sizeof flags / sizeof *flags; f++) {
    tn_array y1, b1;
    run(&l, y, flags[f], &n, &y1, &b1);
    cr_expect_eq(same_bits(y1.view, y0.view), -1, "%s, %d columns, kind %d, flags %u", trees[tree].name,
                 (int)columns, kind, flags[f]);
    cr_expect_eq(same_bits(b1.view, b0.view), -1, "%s: b, %d columns, kind %d, flags %u", trees[tree].name,
                 (int)columns, kind, flags[f]);
    tn_array_free(&y1), tn_array_free(&b1);
  }
  tn_array_free(&y0), tn_array_free(&b0);
  ag_graph_free(l.g);
}

Test(SUITE, bits) {
  static const int64_t columns[] = {1, 2, 63, 64, 65, 256, 300, WIDEST};
  for (size_t t = 0; t < sizeof trees / sizeof *trees; t++)
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++)
      for (narrow kind = SCALAR; kind <= ACROSS; kind++)
        check_tree(t, TN_F32, columns[c], kind), check_tree(t, TN_F64, columns[c], kind);
}

/* On its own, each tree is one instruction, with the operands of commuting ops in any order. */
Test(SUITE, found) {
  for (size_t t = 0; t < sizeof trees / sizeof *trees; t++)
    for (narrow kind = SCALAR; kind <= PER_ROW; kind++) {
      leaves l = make_leaves(TN_F32, 128, kind);
      ag_ref y = trees[t].build(&l);
      tn_array out, b;
      int n;
      run(&l, y, 0, &n, &out, &b);
      cr_expect_eq(n, 1, "%s, kind %d: %d instructions", trees[t].name, kind, n);
      tn_array_free(&out), tn_array_free(&b);
      ag_graph_free(l.g);
    }
}

Test(SUITE, finds_operands_in_any_order) {
  leaves l = make_leaves(TN_F32, 128, SCALAR);
  ag_ref y = ag_add(l.g, ag_mul(l.g, l.s, ag_mul(l.g, l.c, l.c)), ag_mul(l.g, l.t, l.a));
  tn_array out, b;
  int n;
  run(&l, y, 0, &n, &out, &b);
  cr_expect_eq(n, 1, "%d instructions", n);
  tn_array_free(&out), tn_array_free(&b);
  ag_graph_free(l.g);
}

/* What is read twice, or is an output, stays a value of its own. */
Test(SUITE, keeps_what_others_read) {
  leaves l = make_leaves(TN_F64, 100, SCALAR);
  ag_ref m = ag_mul(l.g, l.a, l.c), y = ag_sub(l.g, ag_add(l.g, m, l.c), ag_sqrt(l.g, m));
  tn_array out[2], b[2];
  int n;
  run(&l, y, 0, &n, &out[0], &b[0]);
  cr_expect_eq(n, 4, "%d instructions", n);
  run(&l, y, AG_NO_COMBINE, &n, &out[1], &b[1]);
  cr_expect_eq(same_bits(out[0].view, out[1].view), -1);
  for (int i = 0; i < 2; i++) tn_array_free(&out[i]), tn_array_free(&b[i]);
  ag_graph_free(l.g);
}

Test(SUITE, keeps_what_the_tree_itself_reads_as_an_operand) {
  leaves l = make_leaves(TN_F64, 100, SCALAR);
  ag_ref d = ag_sub(l.g, l.a, l.c), y = ag_mul(l.g, d, d);
  tn_array out[2], b[2];
  int n;
  run(&l, y, 0, &n, &out[0], &b[0]);
  cr_expect_eq(n, 2, "%d instructions", n);
  run(&l, y, AG_NO_COMBINE, &n, &out[1], &b[1]);
  cr_expect_eq(same_bits(out[0].view, out[1].view), -1);
  for (int i = 0; i < 2; i++) tn_array_free(&out[i]), tn_array_free(&b[i]);
  ag_graph_free(l.g);
}
