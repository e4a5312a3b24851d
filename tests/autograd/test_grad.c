/* Gradients as graph: known results, broadcasting undone, what has none, and derivatives of derivatives. */
#include "autograd/autograd.h"

#include <criterion/criterion.h>
#include <math.h>

static const int64_t three[] = {3}, wide[] = {2, 3};
static ag_graph *g;
static const char *names[] = {"x", "w"};
static double px[] = {0.5, -1, 2}, pw[] = {1, 2, 3, -1, 0.5, 4};
static tn_view leaves[2];

static void setup(void) {
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  leaves[0] = tn_view_of(px, TN_F64, 1, three);
  leaves[1] = tn_view_of(pw, TN_F64, 2, wide);
}
static void teardown(void) { ag_graph_free(g); }
TestSuite(grad, .init = setup, .fini = teardown);

static ag_ref leaf_x(void) { return ag_input(g, "x", TN_F64, 1, three); }
static ag_ref leaf_w(void) { return ag_input(g, "w", TN_F64, 2, wide); }

static void expect_values(ag_ref y, int n, const double *want) {
  double got[16];
  ag_type t = ag_type_of(g, y);
  tn_view v = tn_view_of(got, TN_F64, t.rank, t.shape);
  cr_assert_eq(tn_view_numel(&v), n);
  tn_status status = ag_reference(g, &y, 1, false, names, leaves, 2, (tn_rng){0}, &v);
  cr_assert_eq(status, TN_OK, "%s", ag_error(g));
  for (int i = 0; i < n; i++)
    cr_expect(fabs(got[i] - want[i]) < 1e-12, "element %d: %g, not %g", i, got[i], want[i]);
}
#define EXPECT(y, ...)                                                                                       \
  expect_values(y, sizeof((double[]){__VA_ARGS__}) / sizeof(double), (double[]){__VA_ARGS__})

static ag_ref grad(ag_ref y, ag_ref x) {
  ag_ref dx;
  ag_grad(g, y, &x, 1, &dx);
  return dx;
}

static void expect_error(tn_status status, const char *sentence) {
  cr_expect_eq(ag_status(g), status, "%s", tn_status_text(ag_status(g)));
  cr_expect_str_eq(ag_error(g), sentence);
}

Test(grad, known_results) {
  ag_ref x = leaf_x();
  EXPECT(grad(ag_sum_all(g, ag_square(g, x)), x), 1, -2, 4);
  EXPECT(grad(ag_sum_all(g, ag_exp(g, x)), x), exp(0.5), exp(-1), exp(2));
  EXPECT(grad(ag_mean_all(g, ag_relu(g, x)), x), 1. / 3, 0, 1. / 3);
  EXPECT(grad(ag_max(g, x, 1, false), x), 0, 0, 1);
  EXPECT(grad(ag_sum_all(g, ag_add(g, x, x)), x), 2, 2, 2);
}

Test(grad, sums_over_broadcast_axes) {
  ag_ref x = leaf_x(), w = leaf_w(), y = ag_sum_all(g, ag_mul(g, x, w)), d[2];
  ag_grad(g, y, (ag_ref[]){x, w}, 2, d);
  EXPECT(d[0], 0, 2.5, 7);
  EXPECT(d[1], 0.5, -1, 2, 0.5, -1, 2);
  ag_ref column = ag_slice(g, w, 1, 0, 1), scaled = ag_sum_all(g, ag_mul(g, ag_mul(g, column, w), x));
  cr_expect_eq(ag_type_of(g, grad(scaled, column)).shape[1], 1);
  EXPECT(grad(scaled, column), 1 * 0.5 - 2 + 6, -0.5 - 0.5 + 8);
  ag_ref explicit_wide = ag_broadcast(g, ag_reshape(g, x, 3, (int64_t[]){1, 1, 3}), 3, (int64_t[]){4, 2, 3});
  EXPECT(grad(ag_sum_all(g, ag_square(g, explicit_wide)), x), 8, -16, 32);
}

Test(grad, products) {
  ag_ref w = leaf_w(), x = leaf_x(), column = ag_reshape(g, x, 2, (int64_t[]){3, 1});
  ag_ref y = ag_sum_all(g, ag_square(g, ag_matmul(g, w, column))); /* |W x|^2: 2 W'W x */
  EXPECT(grad(y, x), 2 * (4.5 * 1 + 7 * -1), 2 * (4.5 * 2 + 7 * 0.5), 2 * (4.5 * 3 + 7 * 4));
}

/* y = sum(x^3): 3 x^2, 6 x, 6, 0. And a mixed one. */
Test(grad, of_gradients) {
  ag_ref x = leaf_x(), y = ag_sum_all(g, ag_pow(g, x, 3));
  ag_ref d1 = grad(y, x), d2 = grad(ag_sum_all(g, d1), x), d3 = grad(ag_sum_all(g, d2), x),
         d4 = grad(ag_sum_all(g, d3), x);
  EXPECT(d1, 0.75, 3, 12);
  EXPECT(d2, 3, -6, 12);
  EXPECT(d3, 6, 6, 6);
  EXPECT(d4, 0, 0, 0);
  ag_ref w = leaf_w(), mixed = ag_sum_all(g, ag_mul(g, ag_square(g, x), w)); /* d/dw d/dx = 2 x */
  EXPECT(grad(ag_sum_all(g, grad(mixed, x)), w), 1, -2, 4, 1, -2, 4);
}

Test(grad, by_intermediate_values_and_itself) {
  ag_ref x = leaf_x(), h = ag_tanh(g, x), y = ag_sum_all(g, ag_square(g, h)), d[3];
  ag_grad(g, y, (ag_ref[]){y, h, x}, 3, d);
  EXPECT(d[0], 1);
  EXPECT(d[1], 2 * tanh(0.5), 2 * tanh(-1), 2 * tanh(2));
  double t = tanh(0.5), u = tanh(-1), v = tanh(2);
  EXPECT(d[2], 2 * t * (1 - t * t), 2 * u * (1 - u * u), 2 * v * (1 - v * v));
  size_t before = ag_node_count(g);
  grad(y, y);
  cr_expect_eq(ag_node_count(g), before, "nothing below y is touched");
}

Test(grad, zeros_where_nothing_depends) {
  ag_ref x = leaf_x(), w = leaf_w(), y = ag_sum_all(g, ag_exp(g, x)), d[2];
  ag_grad(g, y, (ag_ref[]){w, ag_exp(g, w)}, 2, d);
  EXPECT(d[0], 0, 0, 0, 0, 0, 0);
  EXPECT(d[1], 0, 0, 0, 0, 0, 0);
  EXPECT(grad(ag_sum_all(g, ag_mul(g, ag_detach(g, x), x)), x), 0.5, -1, 2);
  EXPECT(grad(ag_sum_all(g, ag_greater(g, x, ag_scalar(g, TN_F64, 0))), x), 0, 0, 0);
  EXPECT(grad(ag_scalar(g, TN_F64, 3), x), 0, 0, 0);
}

Test(grad, with_a_given_cotangent) {
  ag_ref x = leaf_x(), dx, y = ag_square(g, x), dy = ag_input(g, "x", TN_F64, 1, three);
  ag_vjp(g, y, dy, &x, 1, &dx);
  EXPECT(dx, 0.5, 2, 8);
}

/* The leaf below a value that is asked for needs no rule: detach has none, and neither has this op. */
static void halve(const ag_call *call) {
  for (int64_t i = 0; i < tn_view_numel(&call->out); i++) tn_set(&call->out, i, tn_get(&call->in[0], i) / 2);
}
static bool same_type(const ag_type *in, int n, const ag_attr *attr, ag_type *out) {
  (void)n, (void)attr;
  *out = *in;
  return true;
}
static const ag_op halving = {
    .name = "halving", .kind = AG_OPAQUE, .arity = 1, .infer = same_type, .run = halve};

Test(grad, by_a_value_without_rule) {
  ag_ref x = leaf_x(), h = ag_emit(g, &halving, &x, 1, NULL, NULL), z = ag_detach(g, x);
  EXPECT(grad(ag_sum_all(g, ag_square(g, h)), h), 0.5, -1, 2);
  EXPECT(grad(ag_sum_all(g, ag_square(g, z)), z), 1, -2, 4);
  ag_ref both[2];
  ag_grad(g, ag_sum_all(g, ag_mul(g, z, x)), (ag_ref[]){z, x}, 2, both);
  EXPECT(both[0], 0.5, -1, 2);
  EXPECT(both[1], 0.5, -1, 2);
}

Test(grad, a_missing_rule_is_named) {
  ag_ref x = leaf_x();
  ag_scope_push(g, "custom");
  ag_ref h = ag_emit(g, &halving, &x, 1, NULL, NULL);
  ag_scope_pop(g);
  ag_ref dx = grad(ag_sum_all(g, ag_square(g, h)), x);
  cr_expect_eq(dx.id, 0);
  expect_error(TN_ENOGRAD, "halving: no derivative is defined (in custom)");
}

Test(grad, needs_a_scalar) {
  ag_ref x = leaf_x();
  grad(ag_exp(g, x), x);
  expect_error(TN_ESHAPE, "a gradient needs a scalar, this value has rank 1: sum it, or use ag_vjp");
}

Test(grad, needs_a_float) {
  ag_ref x = leaf_x(), i = ag_input(g, "i", TN_I64, 1, three);
  grad(ag_sum_all(g, ag_gather(g, x, i)), i);
  expect_error(TN_ETYPE, "gradient: a value of wrt is i64[3], not of a float type");
}

Test(grad, needs_values) {
  ag_ref x = leaf_x();
  grad(ag_sum_all(g, x), (ag_ref){0});
  expect_error(TN_EINVAL, "gradient: a value of wrt is not a value of this graph");
}

Test(grad, cotangent_must_fit) {
  ag_ref x = leaf_x(), dx = x;
  ag_vjp(g, ag_exp(g, x), ag_scalar(g, TN_F64, 1), &x, 1, &dx);
  expect_error(TN_ESHAPE, "gradient: the cotangent is f64[], but y is f64[3]");
  cr_expect_eq(dx.id, 0);
}

Test(grad, nodes_carry_the_scope_of_their_value) {
  ag_ref x = leaf_x();
  ag_scope_push(g, "encoder");
  ag_ref y = ag_sum_all(g, ag_tanh(g, x));
  ag_scope_pop(g);
  ag_ref d = grad(y, x);
  ag_fail(g, TN_EINVAL, "after");
  cr_expect_neq(d.id, 0);
  cr_expect_str_eq(ag_error(g), "after", "the scope outside is back");
}
