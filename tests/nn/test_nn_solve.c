/* Loops of the host: known minima, several parameters of several shapes, negative curvature, what is refused. NIST's problems are
 * in tests/conformance/nist.c. */
#include "test_nn.h"

typedef tn_status solver(ag_function *f, const void *ctx, const tn_view *x, int n, const nn_solve_options *o,
                         nn_solve_result *r);

/* 100 (y - x^2)^2 + (1 - x)^2 in the chained form, for any even length; the minimum is at ones. */
static ag_ref rosenbrock_parts(ag_graph *g, ag_ref x) {
  int64_t half = ag_type_of(g, x).shape[0] / 2;
  ag_ref a = ag_slice(g, x, 0, 0, half), b = ag_slice(g, x, 0, half, half);
  ag_ref first = ag_scale(g, ag_sub(g, b, ag_square(g, a)), 10), second = ag_offset(g, ag_neg(g, a), 1);
  return ag_concat(g, (ag_ref[]){first, second}, 2, 0);
}
static ag_ref rosenbrock(ag_graph *g, const ag_ref *x, int n, const void *ctx) {
  (void)n, (void)ctx;
  return ag_sum_all(g, ag_square(g, rosenbrock_parts(g, x[0])));
}
static ag_ref rosenbrock_residuals(ag_graph *g, const ag_ref *x, int n, const void *ctx) {
  (void)n, (void)ctx;
  return rosenbrock_parts(g, x[0]);
}

Test(nn_solve, rosenbrock) {
  static const struct {
    const char *name;
    solver *solve;
    ag_function *f;
    int limit; /* of evaluations */
  } rows[] = {{"lbfgs", nn_lbfgs, rosenbrock, 120},
              {"newton", nn_newton_cg, rosenbrock, 250},
              {"least squares", nn_least_squares, rosenbrock_residuals, 250}};
  for (size_t c = 0; c < 3; c++) {
    for (int64_t n = 2; n <= 6; n += 4) {
      double x[6] = {-1.2, -1.2, -1.2, 1, 1, 1};
      if (n == 2) x[1] = 1;
      tn_view v = tn_view_of(x, TN_F64, 1, &n);
      nn_solve_result r;
      tn_status status = rows[c].solve(rows[c].f, NULL, &v, 1, NULL, &r);
      cr_assert_eq(status, TN_OK, "%s: %s", rows[c].name, r.message);
      for (int i = 0; i < n; i++) cr_assert_float_eq(x[i], 1, 1e-8, "%s: %g", rows[c].name, x[i] - 1);
      cr_assert_lt(r.value, 1e-15);
      cr_assert_lt(r.evaluations, rows[c].limit * (n == 2 ? 1 : 2), "%s: %d", rows[c].name, r.evaluations);
    }
  }
}

/* Ridge regression with a matrix and a vector of parameters: against the normal equations' own condition. */
typedef struct regression {
  double x[20 * 3], y[20 * 2];
} regression;

static ag_ref predicted(ag_graph *g, const ag_ref *b, const regression *d) {
  ag_ref x = ag_constant(g, tn_view_of((void *)(uintptr_t)d->x, TN_F64, 2, (int64_t[]){20, 3}));
  ag_ref y = ag_constant(g, tn_view_of((void *)(uintptr_t)d->y, TN_F64, 2, (int64_t[]){20, 2}));
  return ag_sub(g, ag_add(g, ag_matmul(g, x, b[0]), b[1]), y);
}
static ag_ref ridge(ag_graph *g, const ag_ref *b, int n, const void *ctx) {
  (void)n;
  ag_ref loss = ag_sum_all(g, ag_square(g, predicted(g, b, ctx)));
  return ag_add(g, loss, ag_scale(g, ag_sum_all(g, ag_square(g, b[0])), 2));
}

Test(nn_solve, several_parameters) {
  regression d;
  tn_rng_normal((tn_rng){.stream = 1}, tn_matrix(d.x, TN_F64, 20, 3));
  tn_rng_normal((tn_rng){.stream = 2}, tn_matrix(d.y, TN_F64, 20, 2));
  solver *solvers[] = {nn_lbfgs, nn_newton_cg};
  for (int c = 0; c < 2; c++) {
    double w[6] = {0}, b[2] = {5, -5};
    tn_view views[] = {tn_matrix(w, TN_F64, 3, 2), tn_view_of(b, TN_F64, 1, (int64_t[]){2})};
    nn_solve_result r;
    cr_assert_eq(solvers[c](ridge, &d, views, 2, NULL, &r), TN_OK, "%s", r.message);
    for (int j = 0; j < 2; j++) {
      double sum = 0, slope[3] = {0};
      for (int i = 0; i < 20; i++) {
        double e = b[j] - d.y[i * 2 + j];
        for (int k = 0; k < 3; k++) e += d.x[i * 3 + k] * w[k * 2 + j];
        for (int k = 0; k < 3; k++) slope[k] += 2 * e * d.x[i * 3 + k];
        sum += 2 * e;
      }
      cr_assert_float_eq(sum, 0, 1e-7);
      for (int k = 0; k < 3; k++) cr_assert_float_eq(slope[k] + 4 * w[k * 2 + j], 0, 1e-7);
    }
  }
}

/* x^4 - x^2 begins at a maximum but for a hair: the Hessian is negative there. */
static ag_ref saddle(ag_graph *g, const ag_ref *x, int n, const void *ctx) {
  (void)n, (void)ctx;
  ag_ref s = ag_square(g, x[0]);
  return ag_sum_all(g, ag_sub(g, ag_square(g, s), s));
}

Test(nn_solve, negative_curvature) {
  double x[2] = {1e-3, -1e-3};
  tn_view v = tn_view_of(x, TN_F64, 1, (int64_t[]){2});
  nn_solve_result r;
  cr_assert_eq(nn_newton_cg(saddle, NULL, &v, 1, NULL, &r), TN_OK, "%s", r.message);
  cr_assert_float_eq(x[0], sqrt(0.5), 1e-9);
  cr_assert_float_eq(x[1], -sqrt(0.5), 1e-9);
}

static ag_ref logarithm(ag_graph *g, const ag_ref *x, int n, const void *ctx) {
  (void)n, (void)ctx;
  return ag_sum_all(g, ag_sub(g, x[0], ag_log(g, x[0])));
}
static ag_ref vector(ag_graph *g, const ag_ref *x, int n, const void *ctx) {
  return (void)g, (void)n, (void)ctx, x[0];
}
static ag_ref wrong(ag_graph *g, const ag_ref *x, int n, const void *ctx) {
  (void)n, (void)ctx;
  return ag_matmul(g, x[0], x[0]);
}

Test(nn_solve, refuses_and_stops) {
  double x[2] = {-1.2, 1};
  float f[2] = {1, 1};
  tn_view v = tn_view_of(x, TN_F64, 1, (int64_t[]){2}), f32 = tn_view_of(f, TN_F32, 1, (int64_t[]){2});
  nn_solve_result r;
  cr_assert_eq(nn_lbfgs(NULL, NULL, &v, 1, NULL, &r), TN_EINVAL);
  SAYS(r.message, "must be given");
  cr_assert_eq(nn_lbfgs(rosenbrock, NULL, &f32, 1, NULL, &r), TN_ETYPE);
  SAYS(r.message, "parameter 0 must be contiguous memory of type f64");
  cr_assert_eq(nn_newton_cg(vector, NULL, &v, 1, NULL, &r), TN_ESHAPE);
  SAYS(r.message, "a scalar unless it is residuals");
  cr_assert_neq(nn_least_squares(wrong, NULL, &v, 1, NULL, &r), TN_OK);
  cr_assert(*r.message);
  cr_assert_eq(nn_lbfgs(logarithm, NULL, &v, 1, NULL, &r), TN_ENUMERIC);
  SAYS(r.message, "the start has a value or derivative that is not finite");
  cr_assert_eq(x[0], -1.2);
  cr_assert_eq(nn_lbfgs(rosenbrock, NULL, &v, 1, &(nn_solve_options){.max_iterations = 3}, &r), TN_ESTOPPED);
  SAYS(r.message, "not converged after 3 iterations");
  cr_assert_lt(r.value, 24.2, "the best point so far");
  x[0] = x[1] = 0.1; /* steps beyond 0 have no value: the search comes back */
  cr_assert_eq(nn_lbfgs(logarithm, NULL, &v, 1, NULL, &r), TN_OK);
  cr_assert_float_eq(x[0], 1, 1e-8);
}

/* ---- edges --------------------------------------------------------------------------------------------- */

static const struct {
  const char *name;
  solver *solve;
  bool residuals;
} ways[] = {{"nn_lbfgs", nn_lbfgs, false},
            {"nn_newton_cg", nn_newton_cg, false},
            {"nn_least_squares", nn_least_squares, true}};
enum { WAYS = sizeof ways / sizeof *ways };

/* x0 x1 - 6 for the first parameter's two elements; the second parameter has no influence. */
typedef struct product_of {
  bool residuals;
} product_of;
static ag_ref product_residual(ag_graph *g, const ag_ref *x, int n, const void *ctx) {
  cr_assert_eq(n, 2);
  ag_ref a = ag_slice(g, x[0], 0, 0, 1), b = ag_slice(g, x[0], 0, 1, 1);
  ag_ref r = ag_offset(g, ag_mul(g, a, b), -6);
  return ((const product_of *)ctx)->residuals ? r : ag_scale(g, ag_sum_all(g, ag_square(g, r)), 0.5);
}

/* A valley of minima, and a parameter without influence: a minimum is found, and what has no influence stays but for rounding. */
Test(nn_solve, valleys_and_idle_parameters) {
  for (int c = 0; c < WAYS; c++) {
    double x[2] = {1, 2}, idle = 7;
    tn_view views[] = {tn_view_of(x, TN_F64, 1, (int64_t[]){2}), tn_scalar(&idle, TN_F64)};
    product_of how = {ways[c].residuals};
    nn_solve_result r;
    tn_status status = ways[c].solve(product_residual, &how, views, 2, &(nn_solve_options){.history = 2}, &r);
    cr_expect_eq(status, TN_OK, "%s: %s", ways[c].name, r.message);
    cr_expect_float_eq(x[0] * x[1], 6, 1e-7, "%s: %g", ways[c].name, x[0] * x[1]);
    cr_expect_float_eq(idle, 7, 1e-12, "%s: %.17g", ways[c].name, idle);
    int evaluations =
        r.evaluations; /* from the solution: nothing is left to do, and no result is asked for */
    cr_expect_eq(ways[c].solve(product_residual, &how, views, 2, NULL, NULL), TN_OK);
    cr_expect_float_eq(x[0] * x[1], 6, 1e-7);
    cr_expect_gt(evaluations, 3);
  }
}

static ag_ref log_residuals(ag_graph *g, const ag_ref *x, int n, const void *ctx) {
  (void)n, (void)ctx;
  return ag_log(g, x[0]);
}
static ag_ref log_squares(ag_graph *g, const ag_ref *x, int n, const void *ctx) {
  return ag_sum_all(g, ag_square(g, log_residuals(g, x, n, ctx)));
}
static ag_ref in_f32(ag_graph *g, const ag_ref *x, int n, const void *ctx) {
  return ag_cast(g, log_squares(g, x, n, ctx), TN_F32);
}

/* What each way refuses, and that it stops in time; the point that it began with is then still there. */
Test(nn_solve, every_way_refuses_and_stops) {
  for (int c = 0; c < WAYS; c++) {
    ag_function *f = ways[c].residuals ? log_residuals : log_squares;
    double x[4] = {-1, 2, 3, 4};
    tn_view v = tn_view_of(x, TN_F64, 1, (int64_t[]){2});
    nn_solve_result r;
    cr_expect_eq(ways[c].solve(f, NULL, &v, 1, NULL, &r), TN_ENUMERIC);
    SAYS(r.message, "the start has a value or derivative that is not finite");
    SAYS(r.message, ways[c].name);
    x[0] = 5;
    cr_expect_eq(ways[c].solve(f, NULL, &v, 1, &(nn_solve_options){.max_iterations = 1}, &r), TN_ESTOPPED);
    SAYS(r.message, "not converged after 1 iterations");
    cr_expect_eq(ways[c].solve(f, NULL, NULL, 1, NULL, &r), TN_EINVAL);
    cr_expect_eq(ways[c].solve(f, NULL, &v, 0, NULL, &r), TN_EINVAL);
    SAYS(r.message, "function and parameters must be given");
    cr_expect_eq(ways[c].solve(in_f32, NULL, &v, 1, NULL, &r), TN_ESHAPE);
    SAYS(r.message, "must return f64");
    const tn_view bad[] = {tn_view_slice(tn_view_of(x, TN_F64, 1, (int64_t[]){4}), 0, 0, 2, 2),
                           tn_view_of(NULL, TN_F64, 1, (int64_t[]){2}),
                           tn_view_of(x, TN_I64, 1, (int64_t[]){2})};
    for (int k = 0; k < 3; k++) {
      cr_expect_eq(ways[c].solve(f, NULL, &bad[k], 1, NULL, &r), TN_ETYPE, "%d", k);
      SAYS(r.message, "parameter 0 must be contiguous memory of type f64");
    }
    tn_view none = tn_view_of(x, TN_F64, 1, (int64_t[]){0});
    cr_expect_eq(ways[c].solve(f, NULL, &none, 1, NULL, &r), TN_EINVAL);
    SAYS(r.message, "there are no parameters");
    cr_expect(x[2] == 3 && x[3] == 4);
  }
}
