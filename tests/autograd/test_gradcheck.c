/* The checker itself: ops with a wrong derivative must not pass, a right one must; and what it cannot check
 * it says. The ops are made here, from the public header alone, as a user of the library would make one. */
#include "autograd/autograd.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* ---- an op of our own: sin(a) * b, with derivatives sound and sabotaged ------------------------------- */

static void sinmul_f64(const ag_attr *attr, int n, const double *const *in, double *out) {
  (void)attr;
  for (int i = 0; i < n; i++) out[i] = sin(in[0][i]) * in[1][i];
}

static void sinmul_f32(const ag_attr *attr, int n, const float *const *in, float *out) {
  (void)attr;
  for (int i = 0; i < n; i++) out[i] = sinf(in[0][i]) * in[1][i];
}

static ag_ref emit2(ag_graph *g, const ag_op *op, ag_ref a, ag_ref b) {
  return ag_emit(g, op, (ag_ref[]){a, b}, 2, NULL, NULL);
}

static const ag_op sinmul;

/* cos(a) = sin(a + pi / 2): the derivative is made of the op itself. */
static ag_ref cosmul(ag_graph *g, ag_ref a, ag_ref b) {
  return emit2(g, &sinmul, ag_offset(g, a, acos(0)), b);
}

static void right(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_ref a = ag_in(g, y, 0), b = ag_in(g, y, 1);
  dx[0] = cosmul(g, a, ag_mul(g, dy, b));
  dx[1] = emit2(g, &sinmul, a, dy);
}

#define OP(NAME, VJP)                                                                                        \
  {                                                                                                          \
    .name = NAME, .doc = "sin(a) b", .kind = AG_ELEMENTWISE, .arity = 2, .f32 = sinmul_f32,                  \
    .f64 = sinmul_f64, .vjp = VJP                                                                            \
  }
static const ag_op sinmul = OP("sinmul", right);

static void wrong_sign(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  right(g, y, dy, dx);
  dx[0] = ag_neg(g, dx[0]);
}
static void wrong_scale(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  right(g, y, dy, dx);
  dx[1] = ag_scale(g, dx[1], 1.001);
}
static void missing_input(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  right(g, y, dy, dx);
  dx[1] = (ag_ref){0};
}
static void missing_term(ag_graph *g, ag_ref y, ag_ref dy,
                         ag_ref *dx) { /* of the product rule: b is forgotten */
  right(g, y, dy, dx);
  dx[0] = cosmul(g, ag_in(g, y, 0), dy);
}
static void wrong_place(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  ag_ref shifted = ag_concat(g, (ag_ref[]){ag_slice(g, dy, 0, 1, 2), ag_slice(g, dy, 0, 0, 1)}, 2, 0);
  right(g, y, shifted, dx);
}
static void not_finite(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  right(g, y, dy, dx);
  dx[0] = ag_mul(g, dx[0], ag_log(g, ag_like(g, dy, -1)));
}
/* Right values, but a factor counts as a constant: only the second derivative shows it. */
static void wrong_in_second_order(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  right(g, y, dy, dx);
  dx[0] = cosmul(g, ag_detach(g, ag_in(g, y, 0)), ag_mul(g, dy, ag_in(g, y, 1)));
}

static ag_ref apply(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  (void)n;
  return emit2(g, ctx, in[0], in[1]);
}

static double a_values[] = {0.3, -1.1, 0.8, 2.0, -0.4, 1.3}, b_values[] = {1.5, -0.7};

static tn_status check(const ag_op *op, const ag_gradcheck_options *options, ag_gradcheck_report *report) {
  tn_view at[] = {tn_view_of(a_values, TN_F64, 2, (int64_t[]){3, 2}),
                  tn_view_of(b_values, TN_F64, 1, (int64_t[]){2})};
  return ag_gradcheck(apply, op, at, 2, options, report);
}

Test(gradcheck, accepts_a_right_derivative) {
  ag_gradcheck_report report;
  cr_expect_eq(check(&sinmul, NULL, &report), TN_OK, "%s", report.message);
  cr_expect_lt(report.error, 1e-10, "%g", report.error);
  cr_expect_str_eq(report.message, "");
  for (uint32_t seed = 1; seed < 200; seed++) {
    cr_expect_eq(check(&sinmul, &(ag_gradcheck_options){.seed = seed}, &report), TN_OK, "seed %u: %s", seed,
                 report.message);
  }
}

Test(gradcheck, refuses_every_sabotaged_one) {
  static const struct {
    ag_op op;
    int order;
  } bad[] = {{OP("wrong_sign", wrong_sign), 1},
             {OP("wrong_scale", wrong_scale), 1},
             {OP("missing_input", missing_input), 1},
             {OP("missing_term", missing_term), 1},
             {OP("wrong_place", wrong_place), 1},
             {OP("not_finite", not_finite), 1},
             {OP("wrong_in_second_order", wrong_in_second_order), 2}};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    for (uint32_t seed = 0; seed < 50; seed++) {
      ag_gradcheck_report report;
      tn_status status = check(&bad[i].op, &(ag_gradcheck_options){.seed = seed}, &report);
      cr_expect_eq(status, TN_ENUMERIC, "%s passed with seed %u", bad[i].op.name, seed);
      cr_expect_eq(report.order, bad[i].order, "%s: seen at order %d", bad[i].op.name, report.order);
      cr_expect(report.error > 1e-7 && strstr(report.message, "derivative"), "%s: error %g, '%s'",
                bad[i].op.name, report.error, report.message);
    }
  }
  ag_gradcheck_report report;
  cr_expect_eq(check(&bad[6].op, &(ag_gradcheck_options){.order = 1}, &report), TN_OK);
}

/* A small input is not hidden by a large one: 0.1 % of it is 1e-9 of the whole derivative. */
static ag_ref lopsided(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  return ag_add(g, ag_scale(g, ag_square(g, in[0]), 1e3), ag_scale(g, apply(g, in, n, ctx), 1e-3));
}

Test(gradcheck, inputs_are_also_checked_one_by_one) {
  static const ag_op op = OP("wrong_scale", wrong_scale);
  tn_view at[] = {tn_view_of(a_values, TN_F64, 2, (int64_t[]){3, 2}),
                  tn_view_of(b_values, TN_F64, 1, (int64_t[]){2})};
  ag_gradcheck_report report;
  cr_expect_eq(ag_gradcheck(lopsided, &sinmul, at, 2, NULL, &report), TN_OK, "%s", report.message);
  cr_expect_eq(ag_gradcheck(lopsided, &op, at, 2, NULL, &report), TN_ENUMERIC);
  cr_expect(strstr(report.message, "input 1"), "%s", report.message);
}

/* ---- other functions -------------------------------------------------------------------------------- */

static ag_ref gathered(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  (void)n, (void)ctx;
  return ag_square(g, ag_gather(g, in[0], in[1]));
}
static ag_ref constant_slope(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  (void)n, (void)ctx;
  return ag_offset(g, ag_scale(g, in[0], 3), 1e6);
}
static ag_ref broken(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  (void)n, (void)ctx;
  return ag_matmul(g, in[0], in[0]);
}
static ag_ref without_rule(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  static const ag_op op = OP("ruleless", NULL);
  (void)n, (void)ctx;
  return emit2(g, &op, in[0], in[0]);
}
static ag_ref stranger(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  (void)n, (void)ctx;
  return ag_mul(g, in[0], ag_input(g, "elsewhere", TN_F64, 0, NULL));
}

static ag_ref input_beyond(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  (void)n, (void)ctx;
  return ag_mul(g, in[0], ag_input(g, "x9", TN_F64, 0, NULL));
}
static ag_ref row_that_is_not_there(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  (void)n, (void)ctx;
  return ag_gather(g, in[0], ag_scalar(g, TN_I64, 7));
}
static ag_ref narrow(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  (void)n, (void)ctx;
  return ag_cast(g, in[0], TN_F32);
}
/* The derivative fails where the value does not. */
static void fails_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  (void)y;
  dx[0] = ag_mul(g, dy, ag_gather(g, dy, ag_scalar(g, TN_I64, 7)));
}
static ag_ref fails_in_reverse(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  static const ag_op op = OP("one_way", fails_vjp);
  (void)n, (void)ctx;
  return emit2(g, &op, in[0], in[0]);
}
static ag_ref first_and_last(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  (void)ctx;
  return ag_mul(g, ag_square(g, in[0]), ag_exp(g, in[n - 1]));
}

static tn_status check_one(ag_function *f, ag_gradcheck_report *report) {
  tn_view at = tn_view_of(a_values, TN_F64, 2, (int64_t[]){3, 2});
  return ag_gradcheck(f, NULL, &at, 1, NULL, report);
}

Test(gradcheck, constant_inputs_are_not_differentiated) {
  int64_t index[] = {2, 0, 2};
  tn_view at[] = {tn_view_of(a_values, TN_F64, 2, (int64_t[]){3, 2}),
                  tn_view_of(index, TN_I64, 1, (int64_t[]){3})};
  ag_gradcheck_report report;
  cr_expect_eq(ag_gradcheck(gathered, NULL, at, 2, &(ag_gradcheck_options){.constant_inputs = 2}, &report),
               TN_OK, "%s", report.message);
  cr_expect_eq(ag_gradcheck(gathered, NULL, at, 2, NULL, &report), TN_ETYPE);
  cr_expect_neq(*report.message, 0);
}

Test(gradcheck, a_zero_derivative_is_not_taken_for_an_error) {
  ag_gradcheck_report report;
  cr_expect_eq(check_one(constant_slope, &report), TN_OK, "%s", report.message);
}

Test(gradcheck, what_cannot_be_checked_has_a_sentence) {
  static const struct {
    ag_function *f;
    tn_status status;
    const char *says;
  } list[] = {{broken, TN_ESHAPE, "matmul"},
              {without_rule, TN_ENOGRAD, "ruleless"},
              {stranger, TN_EINVAL, "leaf"},
              {input_beyond, TN_EINVAL, "leaf"},
              {row_that_is_not_there, TN_EINVAL, "index 7 of 3 rows"},
              {fails_in_reverse, TN_EINVAL, "index 7 of 3 rows"},
              {narrow, TN_ETYPE, "the function's value is not f64"}};
  ag_gradcheck_report report;
  for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
    cr_expect_eq(check_one(list[i].f, &report), list[i].status, "case %zu", i);
    cr_expect(strstr(report.message, list[i].says), "%s", report.message);
  }
  cr_expect_eq(ag_gradcheck(broken, NULL, NULL, 0, NULL, &report), TN_EINVAL);
  cr_expect_eq(check_one(broken, NULL), TN_ESHAPE);
}

/* The mask of constant inputs has 64 bits; the 65th varies. */
Test(gradcheck, more_inputs_than_the_mask_has_bits) {
  enum { N = 65 };
  double x[N];
  tn_view at[N];
  ag_gradcheck_report report;
  for (int i = 0; i < N; i++) x[i] = 0.5 + 0.01 * i, at[i] = tn_scalar(&x[i], TN_F64);
  ag_gradcheck_options o = {
      .constant_inputs = ~UINT64_C(0), .order = 2, .directions = 2, .step = 1e-2, .tolerance = 1e-6};
  cr_expect_eq(ag_gradcheck(first_and_last, NULL, at, N, &o, &report), TN_OK, "%s", report.message);
  cr_expect_eq(ag_gradcheck(first_and_last, NULL, at, N - 1, &o, &report), TN_EINVAL);
  cr_expect(strstr(report.message, "no input varies"), "%s", report.message);
}
