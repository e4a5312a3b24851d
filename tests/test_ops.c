/* Every primitive and every composition: derivatives to second order, f32 gradients against f64 ones, values
 * against naive formulas, kinks, and what must be refused. The first half is driven by the descriptors: a new
 * op is tested by having cases. */
#include "autograd/autograd.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef NABLA_SOURCE_DIR /* the build says where the sources are; by hand: run from there */
#define NABLA_SOURCE_DIR "."
#endif

#define COUNT(a) ((int)(sizeof(a) / sizeof *(a)))

static ag_graph *new_graph(void) {
  ag_graph *g = NULL;
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  return g;
}

/* ---- evaluation ------------------------------------------------------------------------------------ */

typedef struct result { /* a value, copied out as double */
  ag_type type;
  int64_t size;
  double *at;
} result;

/* The leaf "x<i>", if there is one, reads in[i]. */
static result compute_at(ag_graph *g, ag_ref y, const tn_array *in) {
  ag_plan *plan = NULL;
  ag_run *run = NULL;
  cr_assert_eq(ag_compile(g, &y, 1, 0, &plan), TN_OK, "%s", ag_error(g));
  cr_assert_eq(ag_run_new(plan, 1, &run), TN_OK);
  for (int leaf = 0; leaf < ag_plan_leaf_count(plan); leaf++) {
    cr_assert_eq(ag_run_bind(run, leaf, in[atoi(ag_plan_leaf_name(plan, leaf) + 1)].view), TN_OK);
  }
  cr_assert_eq(ag_run_step(run, (tn_rng){.seed = 1}), TN_OK, "%s", ag_run_error(run));
  tn_view v = ag_run_output(run, 0);
  result r = {ag_type_of(g, y), tn_view_numel(&v), calloc((size_t)tn_view_numel(&v) + 1, sizeof(double))};
  cr_assert(v.dtype == r.type.dtype && tn_same_shape(v.rank, v.shape, r.type.rank, r.type.shape));
  for (int64_t i = 0; i < r.size; i++) r.at[i] = tn_get(&v, i);
  ag_run_free(run);
  ag_plan_free(plan);
  return r;
}

static result compute(ag_graph *g, ag_ref y) { return compute_at(g, y, NULL); }

/* Frees r; fails unless each element is within tolerance * max(1, |want|) of want's, NaN and inf exactly. */
static void expect_values(const char *what, result r, const double *want, int64_t size, double tolerance) {
  cr_expect_eq(r.size, size, "%s: %lld elements, not %lld", what, (long long)r.size, (long long)size);
  for (int64_t i = 0; i < r.size && i < size; i++) {
    bool same = r.at[i] == want[i] || (isnan(r.at[i]) && isnan(want[i])) ||
                fabs(r.at[i] - want[i]) <= tolerance * fmax(1, fabs(want[i]));
    cr_expect(same, "%s: element %lld is %.17g, not %.17g", what, (long long)i, r.at[i], want[i]);
  }
  free(r.at);
}

static double tolerance_of(tn_dtype dtype) { return dtype == TN_F32 ? 1e-6 : 1e-14; }

/* ---- samples: the inputs of a case ----------------------------------------------------------------- */

enum { MAX_INPUTS = 3 };

typedef struct sample {
  const ag_op *op;
  const ag_case *c;
  int n;
  tn_array in[MAX_INPUTS]; /* f64, or the index type */
} sample;

static bool has_derivative(const ag_op *op, int input) {
  return !(op->flags & AG_NO_DERIVATIVE) && !(op->flags & ((unsigned)AG_NODIFF_0 << input));
}

/* Indices are 0..3, masks 0 or 1, everything else uniform in the domain. */
static void draw(const sample *s, int input, tn_view out) {
  bool fixed = (s->op->flags & ((unsigned)AG_NODIFF_0 << input)) != 0;
  double low = s->c->low, high = s->c->high;
  if (low == 0 && high == 0) low = -2, high = 2;
  tn_rng rng = {
      .stream = tn_stream(s->op->name), .step = (uint32_t)(s->c - s->op->cases), .epoch = (uint32_t)input};
  for (int64_t i = 0; i < tn_view_numel(&out); i++) {
    uint64_t word = tn_rng_u64(rng, (uint64_t)i);
    double unit = (double)(word >> 11) * 0x1p-53;
    tn_set(&out, i, !fixed ? low + (high - low) * unit : (double)(word % (s->op->kind == AG_INDEX ? 4 : 2)));
  }
}

static sample new_sample(const ag_op *op, const ag_case *c) {
  sample s = {.op = op, .c = c, .n = c->n_in};
  for (int i = 0; i < s.n; i++) {
    bool index = op->kind == AG_INDEX && op->flags & ((unsigned)AG_NODIFF_0 << i);
    cr_assert_eq(tn_array_new(NULL, index ? c->index : TN_F64, c->in[i].rank, c->in[i].shape, &s.in[i]),
                 TN_OK);
    draw(&s, i, s.in[i].view);
  }
  return s;
}

static void free_sample(sample *s) {
  for (int i = 0; i < s->n; i++) tn_array_free(&s->in[i]);
}

static ag_ref emit_sample(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  const sample *s = ctx;
  return ag_emit(g, s->op, in, n, &s->c->attr, NULL);
}

/* ---- derivatives of every primitive ---------------------------------------------------------------- */

#define EACH_CASE(op, c)                                                                                     \
  for (int op##_i = 0; op##_i < ag_op_count; op##_i++)                                                       \
    for (const ag_op *op = ag_ops[op##_i]; op; op = NULL)                                                    \
      for (const ag_case *c = op->cases; c < op->cases + op->n_cases; c++)

Test(ops, every_derivative_to_second_order) {
  int checked = 0;
  EACH_CASE(op, c) {
    if (c->order < 0) continue;
    sample s = new_sample(op, c);
    ag_gradcheck_options options = {.order = c->order};
    tn_view at[MAX_INPUTS];
    for (int i = 0; i < s.n; i++) {
      at[i] = s.in[i].view;
      if (!has_derivative(op, i)) options.constant_inputs |= 1u << i;
    }
    ag_gradcheck_report report;
    tn_status status = ag_gradcheck(emit_sample, &s, at, s.n, &options, &report);
    cr_expect_eq(status, TN_OK, "%s, case %d: %s", op->name, (int)(c - op->cases), report.message);
    cr_log_info("%-12s case %d: error %.1e at order %d", op->name, (int)(c - op->cases), report.error,
                report.order);
    free_sample(&s);
    checked++;
  }
  cr_expect_geq(checked, 50);
}

/* d<u, op(x)>/dx_i for each input that has one, everything in `dtype`, as doubles. */
static void gradients(const sample *s, tn_dtype dtype, result *out) {
  ag_graph *g = new_graph();
  ag_ref in[MAX_INPUTS], wrt[MAX_INPUTS], dx[MAX_INPUTS];
  int n_wrt = 0;
  for (int i = 0; i < s->n; i++) {
    const tn_view *v = &s->in[i].view;
    in[i] = ag_input(g, (char[]){'x', (char)('0' + i), 0}, v->dtype, v->rank, v->shape);
    if (v->dtype == TN_F64) in[i] = ag_cast(g, in[i], dtype);
    if (has_derivative(s->op, i)) wrt[n_wrt++] = in[i];
  }
  ag_ref y = emit_sample(g, in, s->n, s);
  ag_type t = ag_type_of(g, y);
  ag_ref u = ag_cast(g, ag_normal(g, "u", TN_F64, t.rank, t.shape), t.dtype);
  ag_grad(g, ag_sum_all(g, ag_mul(g, y, u)), wrt, n_wrt, dx);
  for (int i = 0, k = 0; i < s->n; i++) {
    if (has_derivative(s->op, i)) out[i] = compute_at(g, dx[k++], s->in);
  }
  ag_graph_free(g);
}

/* The error of f32, relative to the largest element of the tensor: a few roundings of 2^-24 = 6e-8. */
static double f32_error(const sample *s, int input, const result *f32, const result *f64) {
  double error = 0, scale = 0;
  cr_assert_eq(f32->size, f64->size, "%s: input %d", s->op->name, input);
  for (int64_t k = 0; k < f64->size; k++) {
    error = fmax(error, fabs(f32->at[k] - f64->at[k]));
    scale = fmax(scale, fabs(f64->at[k]));
  }
  return error == 0 ? 0 : error / scale;
}

Test(ops, f32_gradients_are_the_f64_ones) {
  const double bound = 2e-6;
  double worst = 0;
  EACH_CASE(op, c) {
    if (c->order < 0) continue;
    sample s = new_sample(op, c);
    result f32[MAX_INPUTS] = {0}, f64[MAX_INPUTS] = {0};
    gradients(&s, TN_F32, f32);
    gradients(&s, TN_F64, f64);
    for (int i = 0; i < s.n; i++) {
      double error = f32_error(&s, i, &f32[i], &f64[i]);
      cr_expect(error <= bound, "%s, case %d, input %d: relative error %.2g", op->name, (int)(c - op->cases),
                i, error);
      worst = fmax(worst, error);
      free(f32[i].at), free(f64[i].at);
    }
    free_sample(&s);
  }
  cr_log_info("largest relative error %.2g", worst);
}

/* The printed list. An op is on it for one of three reasons: its derivative is zero by definition, it has
 * nothing to differentiate by, or it is an effect. */
Test(ops, every_op_has_a_gradient_or_is_listed) {
  const char *const without[] = {"greater", "greater_equal", "equal", "uniform",
                                 "normal",  "detach",        "assign"};
  int listed = 0;
  for (int i = 0; i < ag_op_count; i++) {
    const ag_op *op = ag_ops[i];
    bool differentiable = false;
    for (const ag_case *c = op->cases; c < op->cases + op->n_cases; c++) differentiable |= c->order >= 0;
    cr_expect(op->n_cases > 0 && op->doc && *op->doc, "%s has no case or no documentation", op->name);
    cr_expect_eq(differentiable, op->vjp != NULL, "%s: a derivative and cases that check it come together",
                 op->name);
    if (differentiable) continue;
    cr_log_info("no gradient: %s", op->name);
    cr_assert(listed < COUNT(without) && strcmp(op->name, without[listed]) == 0, "%s: not on the list",
              op->name);
    listed++;
  }
  cr_expect_eq(listed, COUNT(without));
}

static char *whole_file(const char *path) {
  FILE *f = fopen(path, "rb");
  char *text = calloc(1, 1 << 16);
  cr_assert(f && fread(text, 1, (1 << 16) - 1, f) > 0, "%s cannot be read", path);
  fclose(f);
  return text;
}

Test(ops, the_guide_shows_the_op_as_it_is) {
  char *guide = whole_file(NABLA_SOURCE_DIR "/docs/adding_an_op.md");
  char *op = whole_file(NABLA_SOURCE_DIR "/autograd/ops/elu.c");
  cr_expect(strstr(guide, op), "docs/adding_an_op.md shows another elu.c");
  free(guide), free(op);
}

Test(ops, masks_and_detach_stop_gradients_and_assign_refuses_them) {
  ag_graph *g = new_graph();
  ag_ref x = ag_input(g, "x", TN_F64, 1, (int64_t[]){3}), dx[1];
  ag_ref masks = ag_add(g, ag_greater(g, x, ag_like(g, x, 0)), ag_equal(g, x, x));
  ag_grad(g, ag_sum_all(g, ag_add(g, masks, ag_detach(g, ag_exp(g, x)))), &x, 1, dx);
  expect_values("masks and detach", compute(g, dx[0]), (double[]){0, 0, 0}, 3, 0);
  ag_ref state = ag_state(g, "w", TN_F64, 1, (int64_t[]){3});
  ag_grad(g, ag_sum_all(g, ag_assign(g, state, ag_exp(g, x))), &x, 1, dx);
  cr_expect(ag_status(g) != TN_OK && strstr(ag_error(g), "assign"), "%s", ag_error(g));
  ag_graph_free(g);
}

/* ---- compositions ---------------------------------------------------------------------------------- */

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

/* ---- values of the primitives against naive formulas ----------------------------------------------- */

static double v_add(const double *x) { return x[0] + x[1]; }
static double v_sub(const double *x) { return x[0] - x[1]; }
static double v_mul(const double *x) { return x[0] * x[1]; }
static double v_div(const double *x) { return x[0] / x[1]; }
static double v_exp(const double *x) { return exp(x[0]); }
static double v_expm1(const double *x) { return expm1(x[0]); }
static double v_log(const double *x) { return log(x[0]); }
static double v_log1p(const double *x) { return log1p(x[0]); }
static double v_sqrt(const double *x) { return sqrt(x[0]); }
static double v_tanh(const double *x) { return tanh(x[0]); }
static double v_sigmoid(const double *x) { return 1 / (1 + exp(-x[0])); }
static double v_elu(const double *x) { return x[0] > 0 ? x[0] : 0.7 * (exp(x[0]) - 1); }
static double v_greater(const double *x) { return x[0] > x[1]; }
static double v_greater_equal(const double *x) { return x[0] >= x[1]; }
static double v_equal(const double *x) { return x[0] == x[1]; }
static double v_where(const double *x) { return x[0] != 0 ? x[1] : x[2]; }

#define VALUE(NAME)                                                                                          \
  { #NAME, v_##NAME }
static const struct value {
  const char *name;
  double (*formula)(const double *x);
} values[] = {VALUE(add),     VALUE(sub),           VALUE(mul),   VALUE(div),  VALUE(exp),     VALUE(expm1),
              VALUE(log),     VALUE(log1p),         VALUE(sqrt),  VALUE(tanh), VALUE(sigmoid), VALUE(elu),
              VALUE(greater), VALUE(greater_equal), VALUE(equal), VALUE(where)};

static const ag_op *find_op(const char *name) {
  for (int i = 0; i < ag_op_count; i++) {
    if (strcmp(ag_ops[i]->name, name) == 0) return ag_ops[i];
  }
  cr_assert_fail("no op %s", name);
  return NULL;
}

/* Shapes that broadcast, and what they broadcast to. Longer than a block, scalar and empty ones included. */
static const struct shapes {
  int rank[3];
  int64_t shape[3][4];
  int out_rank;
  int64_t out[4];
} broadcasts[] = {
    {{2, 2, 2}, {{3, 4}, {3, 4}, {3, 4}}, 2, {3, 4}},
    {{2, 1, 0}, {{3, 4}, {4}, {0}}, 2, {3, 4}},
    {{0, 2, 1}, {{0}, {3, 1}, {4}}, 2, {3, 4}},
    {{2, 3, 4}, {{3, 1}, {2, 1, 4}, {2, 1, 1, 1}}, 4, {2, 2, 3, 4}},
    {{2, 1, 2}, {{3, 700}, {700}, {3, 1}}, 2, {3, 700}},
    {{0, 0, 0}, {{0}, {0}, {0}}, 0, {0}},
    {{2, 2, 1}, {{0, 4}, {1, 4}, {4}}, 2, {0, 4}},
};

/* Coarse values, so that comparisons meet equal ones: of both signs and 0, or positive where the op needs
 * that. */
static double coarse(const char *name, int input, int64_t k) {
  bool positive = strcmp(name, "div") == 0 || strcmp(name, "sqrt") == 0 || strncmp(name, "log", 3) == 0;
  int64_t step = (k * 5 + input * 3) % 7;
  return (double)(positive ? 1 + step : step - 3) / 4;
}

/* The element of an input under an element of the output: its strides are 0 along broadcast axes. */
static int64_t source_of(const struct shapes *s, int input, int64_t position) {
  int64_t at = 0, stride = 1;
  for (int a = s->out_rank - 1, b = s->rank[input] - 1; b >= 0; position /= s->out[a], a--, b--) {
    int64_t extent = s->shape[input][b];
    if (extent != 1) at += position % s->out[a] * stride;
    stride *= extent;
  }
  return at;
}

static ag_ref coarse_input(ag_graph *g, const char *name, int input, const struct shapes *s, tn_dtype dtype) {
  tn_array x;
  cr_assert_eq(tn_array_new(NULL, dtype, s->rank[input], s->shape[input], &x), TN_OK);
  for (int64_t k = 0; k < tn_view_numel(&x.view); k++) tn_set(&x.view, k, coarse(name, input, k));
  ag_ref r = ag_constant(g, x.view);
  tn_array_free(&x);
  return r;
}

/* An op of fewer inputs may come out narrower: ag_broadcast makes up for it. */
static void check_broadcast(const struct value *v, const struct shapes *s, tn_dtype dtype) {
  const ag_op *op = find_op(v->name);
  ag_graph *g = new_graph();
  ag_ref in[3];
  int64_t size = tn_numel(s->out_rank, s->out);
  double *want = calloc((size_t)size + 1, sizeof *want);
  for (int i = 0; i < op->arity; i++) in[i] = coarse_input(g, v->name, i, s, dtype);
  for (int64_t k = 0; k < size; k++) {
    double x[3];
    for (int i = 0; i < op->arity; i++) x[i] = coarse(v->name, i, source_of(s, i, k));
    want[k] = v->formula(x);
  }
  ag_ref y = ag_emit(g, op, in, op->arity, &(ag_attr){.f = {strcmp(v->name, "elu") ? 0 : 0.7}}, NULL);
  expect_values(v->name, compute(g, ag_broadcast(g, y, s->out_rank, s->out)), want, size,
                tolerance_of(dtype));
  free(want);
  ag_graph_free(g);
}

Test(ops, elementwise_values_and_broadcasting) {
  for (int v = 0; v < COUNT(values); v++) {
    for (int s = 0; s < COUNT(broadcasts); s++) {
      check_broadcast(&values[v], &broadcasts[s], TN_F32);
      check_broadcast(&values[v], &broadcasts[s], TN_F64);
    }
  }
}

/* A constant of small integers 0, 1, -1, 2, -2, ... (f64), or of given ones. */
static ag_ref counting(ag_graph *g, int rank, const int64_t *shape) {
  tn_array x;
  cr_assert_eq(tn_array_new(NULL, TN_F64, rank, shape, &x), TN_OK);
  for (int64_t k = 0; k < tn_view_numel(&x.view); k++)
    tn_set(&x.view, k, (double)((k + 1) / 2 * (k & 1 ? 1 : -1)));
  ag_ref r = ag_constant(g, x.view);
  tn_array_free(&x);
  return r;
}

static ag_ref vector(ag_graph *g, const double *x, int64_t n) {
  return ag_constant(g, tn_view_of((void *)x, TN_F64, 1, &n));
}

static ag_ref index_of(ag_graph *g, tn_dtype dtype, int rank, const int64_t *shape, const int *at) {
  int64_t wide[16];
  int32_t narrow[16];
  for (int64_t k = 0; k < tn_numel(rank, shape); k++) wide[k] = narrow[k] = at[k];
  return ag_constant(g, tn_view_of(dtype == TN_I64 ? (void *)wide : (void *)narrow, dtype, rank, shape));
}

/* The position within a shape, of which the axes in `skip` count as extent 1, of an element of the whole
 * shape. */
static int64_t without_axes(int rank, const int64_t *shape, unsigned skip, int64_t position) {
  int64_t at = 0, stride = 1;
  for (int a = rank - 1; a >= 0; position /= shape[a], a--) {
    if (skip >> a & 1) continue;
    at += position % shape[a] * stride;
    stride *= shape[a];
  }
  return at;
}

Test(ops, sums_and_maxima_over_every_set_of_axes) {
  const int64_t shape[] = {2, 3, 4};
  for (unsigned axes = 0; axes < 16; axes++) {
    bool keep = axes & 8;
    unsigned over = axes & 7;
    ag_graph *g = new_graph();
    ag_ref x = counting(g, 3, shape);
    result whole = compute(g, x);
    double sum[24] = {0}, max[24];
    for (int k = 0; k < 24; k++) max[k] = -INFINITY;
    int64_t size = 0;
    for (int64_t k = 0; k < 24; k++) {
      int64_t to = without_axes(3, shape, over, k);
      sum[to] += whole.at[k];
      max[to] = fmax(max[to], whole.at[k]);
      size = to + 1 > size ? to + 1 : size;
    }
    cr_expect_eq(ag_type_of(g, ag_sum(g, x, over, keep)).rank, keep ? 3 : 3 - __builtin_popcount(over));
    expect_values("sum", compute(g, ag_sum(g, x, over, keep)), sum, size, 0);
    expect_values("max", compute(g, ag_max(g, x, over, keep)), max, size, 0);
    free(whole.at);
    ag_graph_free(g);
  }
}

/* Both operands of [2, 3]-batched products, plain or with broadcast batch axes, transposed or not; and k = 0.
 */
static void check_contract(int rank_a, const int64_t *batch_a, int rank_b, const int64_t *batch_b, bool ta,
                           bool tb, int64_t k) {
  enum { M = 2, N = 5 };
  int64_t a_shape[4], b_shape[4];
  for (int i = 0; i < rank_a - 2; i++) a_shape[i] = batch_a[i];
  for (int i = 0; i < rank_b - 2; i++) b_shape[i] = batch_b[i];
  a_shape[rank_a - 2] = ta ? k : M, a_shape[rank_a - 1] = ta ? M : k;
  b_shape[rank_b - 2] = tb ? N : k, b_shape[rank_b - 1] = tb ? k : N;
  ag_graph *g = new_graph();
  ag_ref a = counting(g, rank_a, a_shape), b = counting(g, rank_b, b_shape), y = ag_contract(g, a, b, ta, tb);
  cr_assert_eq(ag_status(g), TN_OK, "%s", ag_error(g));
  ag_type t = ag_type_of(g, y);
  result va = compute(g, a), vb = compute(g, b);
  int64_t batches = tn_numel(t.rank - 2, t.shape);
  double *want = calloc((size_t)batches * M * N, sizeof *want);
  for (int64_t p = 0; p < batches; p++) {
    unsigned ones_a = 0, ones_b = 0; /* batch axes along which an operand repeats */
    int lead_a = t.rank - rank_a, lead_b = t.rank - rank_b;
    for (int i = 0; i < t.rank - 2; i++) {
      if (i < lead_a || a_shape[i - lead_a] == 1) ones_a |= 1u << i;
      if (i < lead_b || b_shape[i - lead_b] == 1) ones_b |= 1u << i;
    }
    const double *pa = va.at + without_axes(t.rank - 2, t.shape, ones_a, p) * M * k;
    const double *pb = vb.at + without_axes(t.rank - 2, t.shape, ones_b, p) * k * N;
    for (int64_t i = 0; i < M; i++) {
      for (int64_t j = 0; j < N; j++) {
        for (int64_t l = 0; l < k; l++) {
          want[(p * M + i) * N + j] += pa[ta ? l * M + i : i * k + l] * pb[tb ? j * k + l : l * N + j];
        }
      }
    }
  }
  expect_values("contract", compute(g, y), want, batches * M * N, 0);
  free(va.at), free(vb.at), free(want);
  ag_graph_free(g);
}

Test(ops, contractions_of_every_kind) {
  static const struct {
    int rank_a, rank_b;
    int64_t a[2], b[2];
  } batches[] = {{2, 2, {0}, {0}},    {3, 2, {3}, {0}},       {2, 3, {0}, {3}},   {3, 3, {3}, {3}},
                 {4, 3, {2, 1}, {3}}, {4, 4, {2, 1}, {1, 3}}, {4, 2, {2, 3}, {0}}};
  for (int flags = 0; flags < 4; flags++) {
    for (int i = 0; i < COUNT(batches); i++) {
      for (int64_t k = 0; k < 4; k += 3) {
        check_contract(batches[i].rank_a, batches[i].a, batches[i].rank_b, batches[i].b, flags & 1, flags & 2,
                       k);
      }
    }
  }
}

Test(ops, contract_takes_transposes_of_the_last_two_axes_as_flags) {
  ag_graph *g = new_graph();
  ag_ref a = counting(g, 3, (int64_t[]){2, 3, 4}), b = counting(g, 3, (int64_t[]){2, 3, 5});
  ag_ref y = ag_matmul(g, ag_transpose2(g, a), b);
  cr_expect_eq(y.id, ag_contract(g, a, b, true, false).id);
  cr_expect_eq(ag_in(g, y, 0).id, a.id);
  ag_ref turned = ag_transpose(g, a, (int[]){1, 0, 2}); /* not the last two */
  cr_expect_eq(ag_in(g, ag_contract(g, turned, turned, true, false), 0).id, turned.id);
  ag_graph_free(g);
}

Test(ops, elements_are_moved_where_they_belong) {
  ag_graph *g = new_graph();
  ag_ref x = counting(g, 2, (int64_t[]){2, 3}); /* 0 1 -1; 2 -2 3 */
  int64_t six = 6, wide[] = {2, 2, 3};
#define MOVED(CALL, ...)                                                                                     \
  expect_values(#CALL, compute(g, CALL), (const double[]){__VA_ARGS__},                                      \
                (int64_t)(sizeof((const double[]){__VA_ARGS__}) / sizeof(double)), 0)
  MOVED(ag_reshape(g, x, 1, &six), 0, 1, -1, 2, -2, 3);
  MOVED(ag_transpose(g, x, ((int[]){1, 0})), 0, 2, 1, -2, -1, 3);
  MOVED(ag_broadcast(g, x, 3, wide), 0, 1, -1, 2, -2, 3, 0, 1, -1, 2, -2, 3);
  MOVED(ag_slice(g, x, 1, 1, 2), 1, -1, -2, 3);
  MOVED(ag_slice(g, x, 0, 1, 1), 2, -2, 3);
  MOVED(ag_pad(g, x, 0, 1, 0), 0, 0, 0, 0, 1, -1, 2, -2, 3);
  MOVED(ag_pad(g, x, 1, 0, 1), 0, 1, -1, 0, 2, -2, 3, 0);
  MOVED(ag_concat(g, ((ag_ref[]){x, ag_neg(g, x)}), 2, 1), 0, 1, -1, 0, -1, 1, 2, -2, 3, -2, 2, -3);
  MOVED(ag_concat(g, ((ag_ref[]){x, ag_slice(g, x, 0, 1, 1), ag_slice(g, x, 0, 0, 0)}), 3, 0), 0, 1, -1, 2,
        -2, 3, 2, -2, 3);
  MOVED(ag_row_norm(g, x), sqrt(2), sqrt(17));
  MOVED(ag_cast(g, ag_cast(g, ag_scale(g, x, 0.75), TN_I32), TN_F32), 0, 0, 0, 1, -1, 2);
  MOVED(ag_detach(g, x), 0, 1, -1, 2, -2, 3);
  ag_ref cube = counting(g, 3, (int64_t[]){2, 2, 2}); /* 0 1 -1 2 -2 3 -3 4 */
  MOVED(ag_transpose(g, cube, ((int[]){2, 0, 1})), 0, -1, -2, -3, 1, 2, 3, 4);
  MOVED(ag_transpose(g, cube, ((int[]){1, 2, 0})), 0, -2, 1, 3, -1, -3, 2, 4);
  expect_values("an empty slice", compute(g, ag_slice(g, x, 1, 3, 0)), NULL, 0, 0);
  ag_graph_free(g);
}

Test(ops, concat_takes_any_number) {
  enum { N = 20 };
  ag_graph *g = new_graph();
  ag_ref x = counting(g, 1, (int64_t[]){N}), part[N], dx;
  double weight[N], twice[N];
  for (int i = 0; i < N; i++) {
    part[N - 1 - i] = ag_slice(g, x, 0, i, 1);
    weight[N - 1 - i] = 2 * i, twice[i] = 2 * i;
  }
  ag_ref reversed = ag_concat(g, part, N, 0);
  ag_grad(g, ag_sum_all(g, ag_mul(g, reversed, vector(g, weight, N))), &x, 1, &dx);
  expect_values("concat of 20", compute(g, dx), twice, N, 0);
  ag_graph_free(g);
}

Test(ops, gather_and_scatter_add_never_leave_their_rows) {
  for (int wide = 0; wide < 2; wide++) {
    tn_dtype dtype = wide ? TN_I64 : TN_I32;
    ag_graph *g = new_graph();
    ag_ref x = counting(g, 2, (int64_t[]){2, 3});
    ag_ref index = index_of(g, dtype, 2, (int64_t[]){2, 2}, (int[]){1, 1, 0, 1});
    ag_ref beyond = index_of(g, dtype, 1, (int64_t[]){2}, (int[]){-1, 2});
    MOVED(ag_gather(g, x, index), 2, -2, 3, 2, -2, 3, 0, 1, -1, 2, -2, 3);
    MOVED(ag_gather(g, x, beyond), NAN, NAN, NAN, NAN, NAN, NAN);
    MOVED(ag_scatter_add(g, ag_gather(g, x, index), index, 3), 0, 1, -1, 6, -6, 9, 0, 0, 0);
    MOVED(ag_scatter_add(g, x, beyond, 2), 0, 0, 0, 0, 0, 0);
    ag_graph_free(g);
  }
}

Test(ops, random_values_depend_on_their_name_only) {
  ag_graph *g = new_graph();
  const int64_t n = 4000;
  ag_ref u = ag_uniform(g, "u", TN_F32, 1, &n), other = ag_uniform(g, "v", TN_F32, 1, &n);
  ag_ref z = ag_normal(g, "z", TN_F64, 1, &n), coin = ag_bernoulli(g, "coin", TN_F32, 1, &n, 0.25);
  result ru = compute(g, u), again = compute(g, u), rv = compute(g, other), rz = compute(g, z),
         rc = compute(g, coin);
  double mean_u = 0, mean_z = 0, square_z = 0, heads = 0, equal = 0;
  for (int64_t k = 0; k < n; k++) {
    cr_assert(ru.at[k] >= 0 && ru.at[k] < 1 && (rc.at[k] == 0 || rc.at[k] == 1));
    mean_u += ru.at[k] / n, mean_z += rz.at[k] / n, square_z += rz.at[k] * rz.at[k] / n,
        heads += rc.at[k] / n;
    equal += ru.at[k] == rv.at[k];
  }
  cr_expect(memcmp(ru.at, again.at, (size_t)n * sizeof(double)) == 0);
  cr_expect(equal < 10 && fabs(mean_u - 0.5) < 0.02 && fabs(mean_z) < 0.08 && fabs(square_z - 1) < 0.1);
  cr_expect(fabs(heads - 0.25) < 0.03);
  free(ru.at), free(again.at), free(rv.at), free(rz.at), free(rc.at);
  ag_graph_free(g);
}

Test(ops, stable_where_the_naive_formula_is_not) {
  ag_graph *g = new_graph();
  ag_ref x = vector(g, (double[]){1000, 1000, -INFINITY}, 3),
         none = vector(g, (double[]){-INFINITY, -INFINITY}, 2);
  ag_ref far = vector(g, (double[]){-800, 0, 800}, 3), dx[1];
  expect_values("logsumexp", compute(g, ag_logsumexp(g, x, 0, false)), (double[]){1000 + log(2)}, 1, 1e-15);
  expect_values("logsumexp of nothing", compute(g, ag_logsumexp(g, none, 0, false)), (double[]){-INFINITY}, 1,
                0);
  expect_values("softmax", compute(g, ag_softmax(g, x, 0)), (double[]){0.5, 0.5, 0}, 3, 1e-15);
  expect_values("softplus", compute(g, ag_softplus(g, far)), (double[]){0, log(2), 800}, 3, 1e-15);
  expect_values("sigmoid", compute(g, ag_sigmoid(g, far)), (double[]){0, 0.5, 1}, 3, 1e-15);
  ag_grad(g, ag_sum_all(g, ag_softplus(g, far)), &far, 1, dx);
  expect_values("softplus'", compute(g, dx[0]), (double[]){0, 0.5, 1}, 3, 1e-15);
  ag_grad(g, ag_sum_all(g, dx[0]), &far, 1, dx);
  expect_values("softplus''", compute(g, dx[0]), (double[]){0, 0.25, 0}, 3, 1e-15);
  ag_ref shifted = vector(g, (double[]){1e9, 1e9 + 1, 1e9 + 2}, 3);
  expect_values("variance", compute(g, ag_variance_axis(g, shifted, 0, false)), (double[]){2. / 3}, 1, 1e-15);
  ag_graph_free(g);
}

/* ---- kinks: what the documentation says the derivatives are there ---------------------------------- */

/* f' and f'' of sum(f(x)), the latter as the derivative of sum(f'(x)). */
static void expect_derivatives(const char *what, ag_graph *g, ag_ref x, ag_ref y, const double *first,
                               const double *second) {
  ag_type t = ag_type_of(g, x);
  ag_ref dx, ddx;
  ag_grad(g, ag_sum_all(g, y), &x, 1, &dx);
  ag_grad(g, ag_sum_all(g, dx), &x, 1, &ddx);
  expect_values(what, compute(g, dx), first, tn_numel(t.rank, t.shape), 1e-14);
  expect_values(what, compute(g, ddx), second, tn_numel(t.rank, t.shape), 1e-14);
}

Test(ops, derivatives_at_kinks) {
  ag_graph *g = new_graph();
  ag_ref x = vector(g, (double[]){-0.0, 0, 1}, 3);
#define KINK(CALL, ...) expect_derivatives(#CALL, g, x, CALL, __VA_ARGS__)
  KINK(ag_elu(g, x, 0.5), (double[]){0.5, 0.5, 1}, (double[]){0.5, 0.5, 0});
  KINK(ag_abs(g, x), (double[]){0, 0, 1}, (double[]){0, 0, 0});
  KINK(ag_relu(g, x), (double[]){0, 0, 1}, (double[]){0, 0, 0});
  KINK(ag_leaky_relu(g, x, 0.25), (double[]){0.25, 0.25, 1}, (double[]){0, 0, 0});
  KINK(ag_clamp(g, x, 0, 2), (double[]){0, 0, 1}, (double[]){0, 0, 0});
  KINK(ag_pow(g, x, 2), (double[]){0, 0, 2}, (double[]){2, 2, 2});
  KINK(ag_pow(g, x, 1), (double[]){1, 1, 1}, (double[]){0, 0, 0});
  KINK(ag_maximum(g, x, ag_neg(g, x)), (double[]){-1, -1, 1}, (double[]){0, 0, 0});
  x = vector(g, (double[]){3, 1, 3, 3}, 4);
  KINK(ag_max(g, x, 1, false), (double[]){1. / 3, 0, 1. / 3, 1. / 3}, (double[]){0, 0, 0, 0});
  x = ag_constant(g, tn_view_of((double[]){0, 0, 3, 4}, TN_F64, 2, (int64_t[]){2, 2}));
  KINK(ag_row_norm(g, x), (double[]){0, 0, 0.6, 0.8}, (double[]){0, 0, 0.032, -0.024});
  ag_ref squared = ag_square(g, ag_row_norm(g, x));
  KINK(squared, (double[]){0, 0, 6, 8}, (double[]){0, 0, 2, 2});
  ag_graph_free(g);
}

/* The derivative of max(x, -x) at a tie belongs to the second operand, and where() does not let NaN through.
 */
Test(ops, where_does_not_leak_the_side_not_taken) {
  ag_graph *g = new_graph();
  ag_ref x = vector(g, (double[]){-1, 0, 4}, 3), zero = ag_like(g, x, 0);
  ag_ref safe = ag_where(g, ag_greater(g, x, zero), ag_log(g, x), zero);
  expect_values("where", compute(g, safe), (double[]){0, 0, log(4)}, 3, 1e-15);
  ag_graph_free(g);
}

/* ---- what must be refused -------------------------------------------------------------------------- */

typedef struct bad { /* what a bad call can be made from */
  ag_graph *g;
  ag_ref m23, m32, v4, scalar, f32, index, state;
} bad;

#define REFUSED(NAME, WORD, CALL)                                                                            \
  static const char *bad_##NAME(const bad *b) { return (void)(CALL), WORD; }
REFUSED(add, "add", ag_add(b->g, b->m23, b->v4))
REFUSED(mixed, "mul", ag_mul(b->g, b->m23, b->f32))
REFUSED(integers, "add", ag_add(b->g, b->index, b->index))
REFUSED(where, "where", ag_where(b->g, b->m23, b->m32, b->scalar))
REFUSED(contract_inner, "contract", ag_matmul(b->g, b->m23, b->m23))
REFUSED(contract_vector, "contract", ag_matmul(b->g, b->m23, b->v4))
REFUSED(contract_type, "contract", ag_matmul(b->g, b->f32, b->m32))
REFUSED(sum_axes, "sum", ag_sum(b->g, b->m23, 4, false))
REFUSED(sum_integer, "sum", ag_sum(b->g, b->index, 1, false))
REFUSED(max_axes, "max", ag_max(b->g, b->scalar, 1, false))
REFUSED(row_norm, "row_norm", ag_row_norm(b->g, b->scalar))
REFUSED(reshape_size, "reshape", ag_reshape(b->g, b->m23, 1, (int64_t[]){5}))
REFUSED(reshape_negative, "reshape", ag_reshape(b->g, b->m23, 2, (int64_t[]){-2, -3}))
REFUSED(reshape_rank, "reshape", ag_reshape(b->g, b->m23, 9, (int64_t[]){1, 1, 1, 1, 1, 1, 1, 2, 3}))
REFUSED(reshape_huge, "reshape", ag_reshape(b->g, b->m23, 3, (int64_t[]){INT64_MAX, INT64_MAX, 6}))
REFUSED(transpose_twice, "transpose", ag_transpose(b->g, b->m23, (int[]){0, 0}))
REFUSED(transpose_range, "transpose", ag_transpose(b->g, b->m23, (int[]){0, 40}))
REFUSED(transpose_negative, "transpose", ag_transpose(b->g, b->m23, (int[]){0, -1}))
REFUSED(broadcast_shape, "broadcast", ag_broadcast(b->g, b->m23, 2, (int64_t[]){2, 4}))
REFUSED(broadcast_rank, "broadcast", ag_broadcast(b->g, b->m23, 1, (int64_t[]){3}))
REFUSED(broadcast_minus, "broadcast", ag_broadcast(b->g, b->m23, -1, NULL))
REFUSED(slice_axis, "slice", ag_slice(b->g, b->m23, 2, 0, 1))
REFUSED(slice_start, "slice", ag_slice(b->g, b->m23, 0, -1, 1))
REFUSED(slice_end, "slice", ag_slice(b->g, b->m23, 0, 1, INT64_MAX))
REFUSED(pad_negative, "pad", ag_pad(b->g, b->m23, 0, 0, -1))
REFUSED(pad_huge, "pad", ag_pad(b->g, b->m23, 0, INT64_MAX, 1))
REFUSED(pad_axis, "pad", ag_pad(b->g, b->scalar, 0, 0, 0))
REFUSED(concat_axis, "concat", ag_concat(b->g, (ag_ref[]){b->m23, b->m23}, 2, -1))
REFUSED(concat_shape, "concat", ag_concat(b->g, (ag_ref[]){b->m23, b->m32}, 2, 0))
REFUSED(concat_none, "concat", ag_concat(b->g, NULL, 0, 0))
REFUSED(gather_float, "gather", ag_gather(b->g, b->m23, b->v4))
REFUSED(gather_scalar, "gather", ag_gather(b->g, b->scalar, b->index))
REFUSED(scatter_shape, "scatter_add", ag_scatter_add(b->g, b->m23, b->index, 4))
REFUSED(scatter_rows, "scatter_add", ag_scatter_add(b->g, b->v4, b->index, -1))
REFUSED(cast, "cast", ag_cast(b->g, b->m23, (tn_dtype)17))
REFUSED(uniform_type, "uniform", ag_uniform(b->g, "u", TN_I32, 0, NULL))
REFUSED(uniform_rank, "uniform", ag_uniform(b->g, "u", TN_F32, 99, NULL))
REFUSED(uniform_name, "uniform", ag_uniform(b->g, NULL, TN_F32, 0, NULL))
REFUSED(normal_shape, "normal", ag_normal(b->g, "z", TN_F32, 1, (int64_t[]){-1}))
REFUSED(bernoulli, "bernoulli", ag_bernoulli(b->g, "c", TN_F32, 0, NULL, 1.5))
REFUSED(assign_shape, "assign", ag_assign(b->g, b->state, b->m32))
REFUSED(assign_input, "assign", ag_assign(b->g, b->m23, b->m23))
REFUSED(axis, "sum_axis", ag_sum_axis(b->g, b->m23, 2, false))
REFUSED(negative_axis, "softmax", ag_softmax(b->g, b->m23, -3))
REFUSED(axis_of_scalar, "logsumexp", ag_logsumexp(b->g, b->scalar, 0, false))
REFUSED(transpose2, "transpose2", ag_transpose2(b->g, b->v4))

Test(ops, bad_calls_fail_the_graph_with_a_sentence) {
  static const char *(*const calls[])(const bad *) = {bad_add,
                                                      bad_mixed,
                                                      bad_integers,
                                                      bad_where,
                                                      bad_contract_inner,
                                                      bad_contract_vector,
                                                      bad_contract_type,
                                                      bad_sum_axes,
                                                      bad_sum_integer,
                                                      bad_max_axes,
                                                      bad_row_norm,
                                                      bad_reshape_size,
                                                      bad_reshape_negative,
                                                      bad_reshape_rank,
                                                      bad_reshape_huge,
                                                      bad_transpose_twice,
                                                      bad_transpose_range,
                                                      bad_transpose_negative,
                                                      bad_broadcast_shape,
                                                      bad_broadcast_rank,
                                                      bad_broadcast_minus,
                                                      bad_slice_axis,
                                                      bad_slice_start,
                                                      bad_slice_end,
                                                      bad_pad_negative,
                                                      bad_pad_huge,
                                                      bad_pad_axis,
                                                      bad_concat_axis,
                                                      bad_concat_shape,
                                                      bad_concat_none,
                                                      bad_gather_float,
                                                      bad_gather_scalar,
                                                      bad_scatter_shape,
                                                      bad_scatter_rows,
                                                      bad_cast,
                                                      bad_uniform_type,
                                                      bad_uniform_rank,
                                                      bad_uniform_name,
                                                      bad_normal_shape,
                                                      bad_bernoulli,
                                                      bad_assign_shape,
                                                      bad_assign_input,
                                                      bad_axis,
                                                      bad_negative_axis,
                                                      bad_axis_of_scalar,
                                                      bad_transpose2};
  for (int i = 0; i < COUNT(calls); i++) {
    bad b = {.g = new_graph()};
    b.m23 = ag_input(b.g, "m23", TN_F64, 2, (int64_t[]){2, 3});
    b.m32 = ag_input(b.g, "m32", TN_F64, 2, (int64_t[]){3, 2});
    b.v4 = ag_input(b.g, "v4", TN_F64, 1, (int64_t[]){4});
    b.scalar = ag_input(b.g, "scalar", TN_F64, 0, NULL);
    b.f32 = ag_input(b.g, "f32", TN_F32, 2, (int64_t[]){2, 3});
    b.index = ag_input(b.g, "index", TN_I32, 1, (int64_t[]){4});
    b.state = ag_state(b.g, "state", TN_F64, 2, (int64_t[]){2, 3});
    cr_assert_eq(ag_status(b.g), TN_OK);
    const char *word = calls[i](&b);
    cr_expect(ag_status(b.g) != TN_OK, "call %d (%s) was accepted", i, word);
    cr_expect(strstr(ag_error(b.g), word), "call %d: '%s' does not name %s", i, ag_error(b.g), word);
    char first[512];
    snprintf(first, sizeof first, "%s", ag_error(b.g));
    ag_ref later = ag_logsumexp(b.g, ag_add(b.g, b.m23, b.m23), 0, false);
    cr_expect(later.id == 0 && strcmp(first, ag_error(b.g)) == 0, "the first failure sticks: %s",
              ag_error(b.g));
    ag_graph_free(b.g);
  }
}
