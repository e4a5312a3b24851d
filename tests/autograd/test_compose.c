/* Every composition: values against its formula, where it has one, and derivatives to second order. */
#include "autograd/autograd.h"
#include "support/values.h"

#include <criterion/criterion.h>
#include <math.h>

#define UNARY(NAME, CALL)                                                                                    \
  static ag_ref f_##NAME(ag_graph *g, const ag_ref *in, int n, const void *ctx) {                            \
    ag_ref x = in[0], y = in[n - 1];                                                                         \
    (void)ctx, (void)x, (void)y;                                                                             \
    return CALL;                                                                                             \
  }
UNARY(neg, ag_neg(g, x))
UNARY(scale, ag_scale(g, x, -1.5))
UNARY(offset, ag_offset(g, x, 0.5))
UNARY(square, ag_square(g, x))
UNARY(reciprocal, ag_reciprocal(g, x))
UNARY(pow_0, ag_pow(g, x, 0))
UNARY(pow_3, ag_pow(g, x, 3))
UNARY(pow_minus_2, ag_pow(g, x, -2))
UNARY(pow_half, ag_pow(g, x, 0.5))
UNARY(pow_1_7, ag_pow(g, x, 1.7))
UNARY(abs, ag_abs(g, x))
UNARY(sign, ag_sign(g, x))
UNARY(maximum, ag_maximum(g, x, y))
UNARY(minimum, ag_minimum(g, x, y))
UNARY(clamp, ag_clamp(g, x, -1, 1))
UNARY(less, ag_less(g, x, y))
UNARY(less_equal, ag_less_equal(g, x, y))
UNARY(logical_not, ag_logical_not(g, ag_less(g, x, y)))
UNARY(relu, ag_relu(g, x))
UNARY(leaky_relu, ag_leaky_relu(g, x, 0.1))
UNARY(selu, ag_selu(g, x))
UNARY(silu, ag_silu(g, x))
UNARY(gelu, ag_gelu(g, x))
UNARY(softplus, ag_softplus(g, x))
UNARY(sum_all, ag_sum_all(g, x))
UNARY(mean_all, ag_mean_all(g, x))
UNARY(sum_axis, ag_sum_axis(g, x, -1, false))
UNARY(mean_axis, ag_mean_axis(g, x, 0, true))
UNARY(max_axis, ag_max_axis(g, x, -2, false))
UNARY(variance_axis, ag_variance_axis(g, x, 1, false))
UNARY(logsumexp, ag_logsumexp(g, x, -1, false))
UNARY(log_softmax, ag_log_softmax(g, x, -1))
UNARY(softmax, ag_softmax(g, x, 0))
UNARY(matmul, ag_matmul(g, x, y))
UNARY(matmul_of_transposes, ag_matmul(g, ag_transpose2(g, y), ag_transpose2(g, x)))
UNARY(transpose2, ag_transpose2(g, x))

static double d_neg(double x, double y) { return (void)y, -x; }
static double d_scale(double x, double y) { return (void)y, -1.5 * x; }
static double d_offset(double x, double y) { return (void)y, x + 0.5; }
static double d_square(double x, double y) { return (void)y, x * x; }
static double d_reciprocal(double x, double y) { return (void)y, 1 / x; }
static double d_pow_0(double x, double y) { return (void)y, pow(x, 0); }
static double d_pow_3(double x, double y) { return (void)y, pow(x, 3); }
static double d_pow_minus_2(double x, double y) { return (void)y, pow(x, -2); }
static double d_pow_half(double x, double y) { return (void)y, sqrt(x); }
static double d_pow_1_7(double x, double y) { return (void)y, pow(x, 1.7); }
static double d_abs(double x, double y) { return (void)y, fabs(x); }
static double d_sign(double x, double y) { return (void)y, (x > 0) - (x < 0); }
static double d_maximum(double x, double y) { return fmax(x, y); }
static double d_minimum(double x, double y) { return fmin(x, y); }
static double d_clamp(double x, double y) { return (void)y, fmin(fmax(x, -1), 1); }
static double d_less(double x, double y) { return x < y; }
static double d_less_equal(double x, double y) { return x <= y; }
static double d_logical_not(double x, double y) { return !(x < y); }
static double d_relu(double x, double y) { return (void)y, x > 0 ? x : 0; }
static double d_leaky_relu(double x, double y) { return (void)y, x > 0 ? x : 0.1 * x; }
static double d_selu(double x, double y) {
  return (void)y, 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * expm1(x));
}
static double d_silu(double x, double y) { return (void)y, x / (1 + exp(-x)); }
static double d_gelu(double x, double y) {
  return (void)y, 0.5 * x * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
}
static double d_softplus(double x, double y) { return (void)y, log(1 + exp(x)); }

/* Elementwise compositions have a formula, and inputs a [3, 4] and, if there are two, b [4]. */
static const struct composition {
  const char *name;
  ag_function *f;
  double (*formula)(double x, double y);
  int n_in;
  double low, high;
  int order; /* 0 = no derivative by definition */
  int rank_a, rank_b;
} compositions[] = {
#define FORMULA(NAME, ...)                                                                                   \
  { #NAME, f_##NAME, d_##NAME, __VA_ARGS__, 2, 1 }
#define AXES(NAME, N, RANK_A, RANK_B)                                                                        \
  { #NAME, f_##NAME, NULL, N, -2, 2, 2, RANK_A, RANK_B }
    FORMULA(neg, 1, -2, 2, 2),
    FORMULA(scale, 1, -2, 2, 2),
    FORMULA(offset, 1, -2, 2, 2),
    FORMULA(square, 1, -2, 2, 2),
    FORMULA(reciprocal, 1, 0.5, 2, 2),
    FORMULA(pow_0, 1, -2, 2, 2),
    FORMULA(pow_3, 1, -2, 2, 2),
    FORMULA(pow_minus_2, 1, -2, -0.5, 2),
    FORMULA(pow_half, 1, 0.5, 2, 2),
    FORMULA(pow_1_7, 1, 0.5, 2, 2),
    FORMULA(abs, 1, -2, -0.1, 2),
    FORMULA(abs, 1, 0.1, 2, 2),
    FORMULA(sign, 1, -2, 2, 0),
    FORMULA(maximum, 2, -2, 2, 2),
    FORMULA(minimum, 2, -2, 2, 2),
    FORMULA(clamp, 1, -2, 2, 2),
    FORMULA(less, 2, -2, 2, 0),
    FORMULA(less_equal, 2, -2, 2, 0),
    FORMULA(logical_not, 2, -2, 2, 0),
    FORMULA(relu, 1, -2, 2, 2),
    FORMULA(leaky_relu, 1, -2, 2, 2),
    FORMULA(selu, 1, -2, 2, 2),
    FORMULA(silu, 1, -4, 4, 2),
    FORMULA(gelu, 1, -3, 3, 2),
    FORMULA(softplus, 1, -4, 4, 2),
    AXES(sum_all, 1, 3, 1),
    AXES(mean_all, 1, 3, 1),
    AXES(sum_axis, 1, 3, 1),
    AXES(mean_axis, 1, 3, 1),
    AXES(max_axis, 1, 3, 1),
    AXES(variance_axis, 1, 3, 1),
    AXES(logsumexp, 1, 3, 1),
    AXES(log_softmax, 1, 2, 1),
    AXES(softmax, 1, 2, 1),
    AXES(matmul, 2, 3, 2),
    AXES(matmul, 2, 3, 3),
    AXES(matmul_of_transposes, 2, 3, 2),
    AXES(transpose2, 1, 3, 1)};

/* Operand 0 is [3, 4] or [2, 3, 4]; operand 1 is [4], [4, 5] or [2, 4, 5]. */
static const int64_t shape_a[] = {2, 3, 4}, shape_b[4][3] = {{0}, {4}, {4, 5}, {2, 4, 5}};

static void draw_operands(const struct composition *c, tn_array *in) {
  for (int i = 0; i < c->n_in; i++) {
    cr_assert_eq(tn_array_new(NULL, TN_F64, i ? c->rank_b : c->rank_a,
                              i ? shape_b[c->rank_b] : shape_a + 3 - c->rank_a, &in[i]),
                 TN_OK);
    tn_rng_uniform((tn_rng){.stream = tn_stream(c->name), .epoch = (uint32_t)i}, in[i].view);
    double *x = in[i].view.data;
    for (int64_t k = 0; k < tn_view_numel(&in[i].view); k++) x[k] = c->low + (c->high - c->low) * x[k];
  }
}

static void check_formula(const struct composition *c, const tn_array *in, tn_dtype dtype) {
  ag_graph *g = new_graph();
  ag_ref x[2] = {{0}, {0}};
  double want[12];
  for (int i = 0; i < c->n_in; i++) x[i] = ag_cast(g, ag_constant(g, in[i].view), dtype);
  for (int64_t k = 0; k < 12; k++) {
    want[k] = c->formula(tn_get(&in[0].view, k), c->n_in > 1 ? tn_get(&in[1].view, k % 4) : 0);
  }
  expect_values(c->name, compute(g, c->f(g, x, c->n_in, NULL)), want, 12, 2 * tolerance_of(dtype));
  ag_graph_free(g);
}

Test(ops, every_composition) {
  for (int i = 0; i < COUNT(compositions); i++) {
    const struct composition *c = &compositions[i];
    tn_array in[2] = {0};
    draw_operands(c, in);
    if (c->formula) check_formula(c, in, TN_F64), check_formula(c, in, TN_F32);
    ag_gradcheck_report report;
    if (c->order > 0) {
      tn_status status =
          ag_gradcheck(c->f, NULL, (tn_view[]){in[0].view, in[1].view}, c->n_in, NULL, &report);
      cr_expect_eq(status, TN_OK, "%s: %s", c->name, report.message);
    }
    tn_array_free(&in[0]);
    tn_array_free(&in[1]);
  }
}
