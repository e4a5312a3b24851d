/* The graph: sticky errors, merging, folding, scopes, names, the text form. */
#include "autograd/autograd.h"
#include "autograd/expressions.h"
#include "support/test_alloc.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const int64_t three[] = {3}, wide[] = {2, 3};
static ag_graph *g;

static void setup(void) { cr_assert_eq(ag_graph_new(NULL, &g), TN_OK); }
static void teardown(void) { ag_graph_free(g); }
TestSuite(graph, .init = setup, .fini = teardown);

static ag_ref input(const char *name) { return ag_input(g, name, TN_F64, 1, three); }
static ag_ref state(const char *name) { return ag_state(g, name, TN_F64, 1, three); }
static ag_ref number(double x) { return ag_scalar(g, TN_F64, x); }
static bool is(ag_ref a, ag_ref b) { return a.id && a.id == b.id; }

static void expect_error(tn_status status, const char *sentence) {
  cr_expect_eq(ag_status(g), status, "%s", tn_status_text(ag_status(g)));
  cr_expect_str_eq(ag_error(g), sentence);
}

/* ---- errors ---- */

Test(graph, starts_sound) {
  cr_expect_eq(ag_status(g), TN_OK);
  cr_expect_str_eq(ag_error(g), "");
  cr_expect_eq(ag_type_of(g, (ag_ref){0}).rank, 0);
  cr_expect_eq(ag_type_of(g, (ag_ref){12345}).rank, 0, "a foreign ref is no value");
  ag_graph_free(NULL);
}

Test(graph, first_error_stays) {
  ag_ref x = input("x"), y = ag_input(g, "y", TN_F64, 1, (int64_t[]){4});
  ag_scope_push(g, "encoder");
  ag_scope_push(g, "0");
  size_t before = ag_node_count(g);
  ag_ref bad = ag_add(g, x, y);
  cr_expect_eq(bad.id, 0);
  expect_error(TN_ESHAPE, "add: operands f64[3], f64[4] do not fit (in encoder/0)");
  ag_scope_pop(g);
  ag_ref more = ag_exp(g, ag_mul(g, bad, x));
  cr_expect_eq(more.id, 0);
  cr_expect_eq(input("z").id, 0);
  cr_expect_eq(number(1).id, 0);
  cr_expect_eq(ag_node_count(g), before, "nothing is appended after a failure");
  expect_error(TN_ESHAPE, "add: operands f64[3], f64[4] do not fit (in encoder/0)");
  ag_ref out[1];
  ag_grad(g, more, &x, 1, out);
  cr_expect_eq(out[0].id, 0);
  ag_plan *plan = NULL;
  cr_expect_eq(ag_compile(g, &more, 1, 0, &plan), TN_ESHAPE);
}

Test(graph, unlike_types) {
  ag_mul(g, input("x"), ag_input(g, "y", TN_F32, 1, three));
  expect_error(TN_ESHAPE, "mul: operands f64[3], f32[3] do not fit");
}

Test(graph, users_errors_are_formatted) {
  ag_scope_push(g, "head");
  ag_fail(g, TN_EINVAL, "no activation named '%s'", "relux");
  expect_error(TN_EINVAL, "no activation named 'relux' (in head)");
}

Test(graph, long_errors_are_cut) {
  char name[1000];
  memset(name, 'x', sizeof name - 1);
  name[sizeof name - 1] = 0;
  ag_scope_push(g, name);
  ag_fail(g, TN_EINVAL, "%s", name);
  cr_expect_eq(strlen(ag_error(g)), 511);
}

Test(graph, foreign_operands) {
  ag_add(g, input("x"), (ag_ref){999});
  expect_error(TN_EINVAL, "add: operand 1 is not a value of this graph");
}

Test(graph, wrong_number_of_operands) {
  ag_ref x = input("x");
  ag_emit(g, ag_op_of(g, ag_add(g, x, x)), &x, 1, NULL, NULL);
  expect_error(TN_EINVAL, "add takes 2 operands, not 1");
}

Test(graph, shapes_beyond_counting) {
  const int64_t tall[] = {INT64_C(1) << 40, 1}, flat[] = {1, INT64_C(1) << 40};
  ag_add(g, ag_input(g, "a", TN_F32, 2, tall), ag_input(g, "b", TN_F32, 2, flat));
  expect_error(TN_ESHAPE, "add: operands f32[1099511627776, 1], f32[1, 1099511627776] do not fit");
}

Test(graph, leaves_beyond_counting) {
  ag_input(g, "a", TN_F32, 2, (int64_t[]){INT64_C(1) << 40, INT64_C(1) << 40});
  expect_error(TN_ESHAPE, "a: rank 2 or an extent is out of range");
}

Test(graph, leaves_need_names) {
  ag_input(g, "", TN_F32, 0, NULL);
  expect_error(TN_EINVAL, "input: a leaf needs a name");
}

/* ---- leaves and names ---- */

Test(graph, leaves_are_found_again) {
  ag_ref x = input("x"), w = state("w");
  cr_expect(is(x, input("x")));
  cr_expect(is(w, state("w")));
  cr_expect_neq(x.id, w.id);
  cr_expect_eq(ag_status(g), TN_OK);
}

Test(graph, leaves_of_another_type) {
  input("x");
  ag_scope_push(g, "decoder");
  ag_input(g, "x", TN_F64, 2, wide);
  expect_error(TN_ESHAPE, "'x' is input f64[3] here already, not input f64[2, 3] (in decoder)");
}

Test(graph, leaves_of_another_kind) {
  input("x");
  state("x");
  expect_error(TN_ESHAPE, "'x' is input f64[3] here already, not state f64[3]");
}

Test(graph, constants_are_copied) {
  double x[] = {1, 2, 3, 4, 5, 6};
  tn_view v = tn_view_permute(tn_view_of(x, TN_F64, 2, wide), (int[]){1, 0});
  ag_ref c = ag_constant(g, v), y[1] = {ag_scale(g, c, 2)};
  double result[6];
  memset(x, 0, sizeof x);
  cr_expect_eq(ag_reference(g, y, 1, false, NULL, NULL, 0, (tn_rng){0}, &(tn_view){0}), TN_ESHAPE);
  tn_view out = tn_view_of(result, TN_F64, 2, (int64_t[]){3, 2});
  cr_expect_eq(ag_reference(g, y, 1, false, NULL, NULL, 0, (tn_rng){0}, &out), TN_OK);
  for (int i = 0; i < 6; i++) cr_expect_eq(result[i], 2 * (i % 2 * 3 + i / 2 + 1));
}

Test(graph, random_names_are_streams) {
  cr_expect_neq(ag_uniform(g, "a", TN_F32, 1, three).id, 0);
  cr_expect_neq(ag_normal(g, "b", TN_F32, 1, three).id, 0);
  ag_normal(g, "a", TN_F32, 1, three);
  expect_error(TN_EINVAL, "normal: random values need a name of their own, 'a' is taken");
}

/* ---- assigns ---- */

Test(graph, one_assign_per_leaf) {
  ag_ref w = state("w"), x = input("x");
  ag_assign(g, w, x);
  ag_assign(g, w, ag_exp(g, x));
  expect_error(TN_EINVAL, "assign: 'w' is assigned twice in one step");
}

Test(graph, only_states_are_assigned) {
  ag_assign(g, input("x"), state("w"));
  expect_error(TN_EINVAL, "assign: the target is input, not a state");
}

Test(graph, assigned_type_must_fit) {
  ag_assign(g, state("w"), number(1));
  expect_error(TN_ESHAPE, "assign: operands f64[3], f64[] do not fit");
}

Test(graph, an_assign_is_not_a_value) {
  ag_ref w = state("w");
  ag_exp(g, ag_assign(g, w, input("x")));
  expect_error(TN_EINVAL, "exp: operand 0 is an assignment, not a value");
}

/* ---- merging ---- */

Test(graph, equal_pure_values_merge) {
  ag_ref x = input("x"), y = input("y");
  cr_expect(is(ag_exp(g, x), ag_exp(g, x)));
  cr_expect(is(ag_sub(g, x, y), ag_sub(g, x, y)));
  cr_expect(is(ag_add(g, x, y), ag_add(g, y, x)), "a commuting op in the other order");
  cr_expect_neq(ag_sub(g, x, y).id, ag_sub(g, y, x).id);
  cr_expect_neq(ag_elu(g, x, 1).id, ag_elu(g, x, 2).id, "other attributes");
  cr_expect(is(ag_elu(g, x, 1), ag_elu(g, x, 1)));
  cr_expect(is(ag_sum(g, x, 1, true), ag_sum(g, x, 1, true)));
  cr_expect_neq(ag_sum(g, x, 1, true).id, ag_sum(g, x, 1, false).id);
  cr_expect(is(ag_concat(g, (ag_ref[]){x, y, x}, 3, 0), ag_concat(g, (ag_ref[]){x, y, x}, 3, 0)));
  cr_expect(is(number(0.5), number(0.5)));
  cr_expect_neq(number(0).id, number(-0.0).id);
  cr_expect_neq(number(1).id, ag_scalar(g, TN_F32, 1).id);
  ag_ref first = ag_exp(g, y);
  for (int i = 0; i < 3000; i++) ag_scale(g, x, i); /* through several sizes of the table */
  cr_expect(is(first, ag_exp(g, y)));
  cr_expect(is(ag_scale(g, x, 2500), ag_scale(g, x, 2500)));
}

Test(graph, what_never_merges) {
  ag_ref x = input("x"), a = state("a"), b = state("b");
  cr_expect_neq(ag_uniform(g, "u", TN_F64, 1, three).id, ag_uniform(g, "v", TN_F64, 1, three).id);
  cr_expect_neq(ag_assign(g, a, x).id, ag_assign(g, b, x).id);
  tn_view v = tn_view_of((double[]){1, 2, 3}, TN_F64, 1, three);
  cr_expect_neq(ag_constant(g, v).id, ag_constant(g, v).id);
}

/* ---- folding ---- */

static void expect_number(ag_ref x, double want) {
  double got;
  tn_view v = tn_scalar(&got, TN_F64);
  cr_expect_str_eq(ag_op_of(g, x)->name, "constant");
  cr_assert_eq(ag_reference(g, &x, 1, false, NULL, NULL, 0, (tn_rng){0}, &v), TN_OK);
  cr_expect(got == want || (isnan(got) && isnan(want)), "%g, not %g", got, want);
}

Test(graph, scalar_constants_fold) {
  ag_ref a = number(3), b = number(0.25);
  expect_number(ag_add(g, a, b), 3.25);
  expect_number(ag_div(g, ag_mul(g, a, a), b), 36);
  expect_number(ag_log(g, number(-1)), NAN);
  expect_number(ag_where(g, ag_greater(g, a, b), a, b), 3);
  expect_number(ag_where(g, ag_greater(g, b, a), a, b), 0.25);
  expect_number(ag_sigmoid(g, number(0)), 0.5);
}

Test(graph, identities_fold) {
  ag_ref x = input("x"), zero = number(0), one = number(1);
  cr_expect(is(ag_add(g, x, zero), x) && is(ag_add(g, zero, x), x));
  cr_expect(is(ag_sub(g, x, zero), x));
  cr_expect(is(ag_mul(g, x, one), x) && is(ag_mul(g, one, x), x));
  cr_expect(is(ag_div(g, x, one), x));
  cr_expect_neq(ag_sub(g, zero, x).id, x.id);
  cr_expect_neq(ag_div(g, one, x).id, x.id);
  cr_expect_neq(ag_mul(g, x, zero).id, zero.id, "0 * NaN is NaN");
  ag_ref ones = ag_broadcast(g, one, 2, wide);
  cr_expect_eq(ag_type_of(g, ag_mul(g, x, ones)).rank, 2, "an identity that widens is not one");
  cr_expect(is(ag_mul(g, x, ag_broadcast(g, one, 1, three)), x), "seen through the broadcast");
}

Test(graph, broadcasts_fold_into_their_consumers) {
  ag_ref x = input("x"), y = ag_input(g, "y", TN_F64, 2, wide), b = ag_broadcast(g, x, 2, wide);
  ag_ref sum = ag_add(g, b, y), alone = ag_exp(g, b), both = ag_mul(g, b, b);
  cr_expect(is(ag_in(g, sum, 0), x), "y has the shape already");
  cr_expect(is(ag_in(g, alone, 0), b), "nobody else does");
  cr_expect_eq(ag_type_of(g, both).rank, 2);
  cr_expect(is(ag_broadcast(g, y, 2, wide), y));
  cr_expect(is(ag_reshape(g, y, 2, wide), y));
}

/* ---- scopes, text ---- */

static void append_line(void *ctx, const char *line) { strcat(strcat(ctx, line), "\n"); }

Test(graph, dump_is_stable) {
  char text[4096] = "";
  ag_ref x = input("x"), w = state("w");
  ag_scope_push(g, "encoder");
  ag_scope_push(g, "0");
  ag_ref h = ag_elu(g, ag_mul(g, x, w), 1);
  ag_scope_pop(g);
  ag_ref s = ag_sum_all(g, h);
  ag_scope_pop(g);
  ag_assign(g, w, ag_uniform(g, "noise", TN_F64, 1, three));
  ag_add(g, s, number(2));
  ag_dump(g, append_line, text);
  cr_expect_str_eq(text, "%1:f64[3] = input 'x'\n"
                         "%2:f64[3] = state 'w'\n"
                         "%3:f64[3] = mul(%1, %2) # encoder/0\n"
                         "%4:f64[3] = elu(%3) # encoder/0\n"
                         "%5:f64[] = sum(%4) # encoder\n"
                         "%6:f64[3] = uniform 'noise'\n"
                         "%7:f64[3] = assign(%2, %6)\n"
                         "%8:f64[] = constant\n"
                         "%9:f64[] = add(%5, %8)\n");
}

Test(graph, scopes_nest_beyond_their_limit) {
  char first[64] = "", name[16];
  for (int i = 0; i < 40; i++) {
    snprintf(name, sizeof name, "s%d", i);
    ag_scope_push(g, name);
  }
  for (int i = 0; i < 39; i++) ag_scope_pop(g);
  ag_fail(g, TN_EINVAL, "x");
  snprintf(first, sizeof first, "%s", ag_error(g));
  cr_expect_str_eq(first, "x (in s0)");
  ag_scope_pop(g), ag_scope_pop(g), ag_scope_pop(g);
}

/* ---- the reference's own errors ---- */

Test(graph, reference_checks_its_leaves) {
  ag_ref x = input("x"), y = ag_exp(g, x);
  double in[3] = {0}, out[3];
  tn_view v = tn_view_of(in, TN_F64, 1, three), r = tn_view_of(out, TN_F64, 1, three),
          f = tn_view_of(in, TN_F32, 1, three);
  const char *right = "x", *wrong = "y";
  cr_expect_eq(ag_reference(g, &y, 1, false, &wrong, &v, 1, (tn_rng){0}, &r), TN_EINVAL);
  cr_expect_eq(ag_reference(g, &y, 1, false, &right, &f, 1, (tn_rng){0}, &r), TN_ESHAPE);
  cr_expect_eq(ag_reference(g, &(ag_ref){77}, 1, false, &right, &v, 1, (tn_rng){0}, &r), TN_EINVAL);
  cr_expect_eq(ag_reference(g, &y, 1, false, &right, &v, 1, (tn_rng){0}, &r), TN_OK);
  cr_expect_eq(out[2], 1);
}

/* Questions about no node, or about inputs that a node lacks, have an answer. */
Test(graph, questions_about_nothing) {
  ag_ref x = ag_input(g, "x", TN_F64, 1, (int64_t[]){2}), y = ag_exp(g, x), none = {0}, alien = {12345};
  cr_expect(is(ag_in(g, y, 0), x));
  cr_expect(ag_in(g, y, -1).id == 0 && ag_in(g, y, 1).id == 0 && ag_in(g, x, 0).id == 0);
  cr_expect(ag_in(g, none, 0).id == 0 && ag_in(g, alien, 0).id == 0);
  cr_expect(ag_type_of(g, none).rank == 0 && ag_type_of(g, alien).rank == 0);
  cr_expect(ag_op_of(g, none) == NULL && ag_attr_of(g, none) != NULL);
  cr_expect_eq(ag_status(g), TN_OK);
}

/* The same table again is no further table; one too many is refused. */
Test(graph, tables_of_expressions) {
  static const ag_expression tables[32][1];
  for (int twice = 0; twice < 2; twice++)
    for (int i = 0; i < 16; i++) ag_use_expressions(g, tables[i]);
  cr_expect_eq(ag_status(g), TN_OK, "%s", ag_error(g));
  ag_use_expressions(g, tables[16]);
  cr_expect_neq(ag_status(g), TN_OK);
  cr_expect(strstr(ag_error(g), "a graph takes at most 16 tables"), "%s", ag_error(g));
}
