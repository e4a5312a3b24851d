/* Linear algebra beyond values (test_peer.c) and factors (test_factor.c): steps that fail with a sentence, second
 * derivatives of compositions, what is refused. */
#include "autograd/autograd.h"
#include "support/values.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const int64_t batch[] = {2, 2, 2};

/* Runs y of the leaf "a" [2, 2, 2]; the sentence goes to `error`. */
static tn_status step(ag_graph *g, ag_ref y, double *a, char *error) {
  ag_plan *plan;
  ag_run *r;
  cr_assert_eq(ag_compile(g, &y, 1, 0, &plan), TN_OK, "%s", ag_error(g));
  cr_assert_eq(ag_run_new(plan, 1, &r), TN_OK);
  cr_assert_eq(ag_run_bind(r, ag_plan_find_leaf(plan, "a"), tn_view_of(a, TN_F64, 3, batch)), TN_OK);
  tn_status status = ag_run_step(r, (tn_rng){0});
  strcpy(error, ag_run_error(r));
  ag_run_free(r);
  ag_plan_free(plan);
  return status;
}

Test(algebra, what_has_no_answer_fails_the_step_with_a_sentence) {
  double indefinite[] = {2, 1, 1, 2, 1, 2, 2, 1}, singular[] = {2, 1, 1, 2, 1, 2, 2, 4},
         good[] = {2, 1, 1, 2, 3, 1, 1, 2};
  double nan[] = {2, 1, 1, 2, NAN, 1, 1, NAN};
  char error[AG_SENTENCE];
  ag_graph *g = new_graph();
  ag_ref a = ag_input(g, "a", TN_F64, 3, batch), values, vectors;
  ag_scope_push(g, "kernel");
  ag_ref logdet = ag_logdet_spd(g, a);
  ag_scope_pop(g);
  ag_ref inverse = ag_inverse(g, a);
  ag_eigh(g, a, &values, &vectors);
  cr_expect_eq(step(g, logdet, indefinite, error), TN_ENUMERIC);
  cr_expect_str_eq(
      error, "cholesky: matrix 1 of the batch is not positive definite: its leading minor of order 2 is not "
             "positive (in kernel)");
  cr_expect_eq(step(g, inverse, singular, error), TN_ENUMERIC);
  cr_expect_str_eq(error,
                   "triangular_solve: matrix 1 of the batch is singular: element 1 of its diagonal is 0");
  cr_expect_eq(step(g, logdet, nan, error), TN_ENUMERIC);
  cr_expect_eq(step(g, logdet, good, error), TN_OK);
  cr_expect_str_eq(error, "");
  cr_expect_eq(step(g, inverse, good, error), TN_OK);
  ag_graph_free(g);
}

Test(algebra, the_reference_fails_too_and_a_run_recovers) {
  double x[] = {1, 2, 2, 1, 1, 0, 0, 1}, value[2];
  ag_graph *g = new_graph();
  ag_ref y = ag_logdet_spd(g, ag_input(g, "a", TN_F64, 3, batch));
  tn_view in = tn_view_of(x, TN_F64, 3, batch), out = tn_view_of(value, TN_F64, 1, batch);
  cr_expect_eq(ag_reference(g, &y, 1, false, (const char *[]){"a"}, &in, 1, (tn_rng){0}, &out), TN_ENUMERIC);
  ag_plan *plan;
  ag_run *r;
  cr_assert_eq(ag_compile(g, &y, 1, 0, &plan), TN_OK);
  cr_assert_eq(ag_run_new(plan, 1, &r), TN_OK);
  cr_assert_eq(ag_run_bind(r, 0, in), TN_OK);
  cr_expect_eq(ag_run_step(r, (tn_rng){0}), TN_ENUMERIC);
  x[0] = x[3] = 4;
  cr_expect_eq(ag_run_step(r, (tn_rng){0}), TN_OK);
  cr_expect_str_eq(ag_run_error(r), "");
  ag_run_free(r);
  ag_plan_free(plan);
  ag_graph_free(g);
}

/* ---- second derivatives of compositions ---- */

static ag_ref f_solve_spd(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  return (void)n, (void)ctx, ag_solve_spd(g, in[0], in[1]);
}
static ag_ref f_solve(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  return (void)n, (void)ctx, ag_solve(g, in[0], in[1]);
}
static ag_ref f_det(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  return (void)n, (void)ctx,
         ag_matmul(g, ag_reshape(g, ag_det(g, in[0]), 2, (int64_t[]){1, 1}), ag_transpose2(g, in[1]));
}
static ag_ref f_lstsq(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  ag_ref tall = ag_concat(g, (ag_ref[]){in[0], ag_square(g, in[0])}, 2, 0);
  return (void)n, (void)ctx, ag_lstsq(g, tall, ag_concat(g, (ag_ref[]){in[1], in[1]}, 2, 0));
}
static ag_ref f_eigenvalues(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  ag_ref w, v;
  ag_eigh(g, in[0], &w, &v);
  return (void)n, (void)ctx, ag_mul(g, ag_exp(g, w), ag_reshape(g, in[1], 1, (int64_t[]){3}));
}

Test(algebra, derivatives_to_second_order) {
  double x[] = {3, 0.5, -0.2, 0.3, 2.5, 0.7, 0.1, 0.4, 2}, y[] = {1, -0.5, 0.75};
  tn_view at[] = {tn_matrix(x, TN_F64, 3, 3), tn_matrix(y, TN_F64, 3, 1)};
  const struct {
    const char *what;
    ag_function *f;
  } all[] = {{"solve_spd", f_solve_spd},
             {"solve", f_solve},
             {"det", f_det},
             {"lstsq", f_lstsq},
             {"eigh", f_eigenvalues}};
  for (int i = 0; i < COUNT(all); i++) {
    ag_gradcheck_report report;
    cr_expect_eq(ag_gradcheck(all[i].f, NULL, at, 2, NULL, &report), TN_OK, "%s: %s", all[i].what,
                 report.message);
  }
}

/* Equal eigenvalues: the vectors have no derivative, the values' sum (the trace) has. */
Test(algebra, equal_eigenvalues) {
  ag_graph *g = new_graph();
  ag_ref a = ag_constant(g, tn_matrix((double[]){2, 0, 0, 2}, TN_F64, 2, 2)), w, v, dx;
  ag_eigh(g, a, &w, &v);
  ag_grad(g, ag_sum_all(g, w), &a, 1, &dx);
  expect_values("the trace's", compute(g, dx), (double[]){1, 0, 0, 1}, 4, 1e-15);
  ag_graph_free(g);
}

Test(algebra, small_values) {
  ag_graph *g = new_graph();
  ag_ref a = ag_constant(g, tn_matrix((double[]){0, 2, 3, 0}, TN_F64, 2, 2)), p, l, u, sign, log_det;
  expect_values("det", compute(g, ag_det(g, a)), (double[]){-6}, 1, 1e-15);
  ag_slogdet(g, a, &sign, &log_det);
  expect_values("sign", compute(g, sign), (double[]){-1}, 1, 0);
  expect_values("log det", compute(g, log_det), (double[]){log(6)}, 1, 1e-15);
  ag_lu(g, a, &p, &l, &u);
  expect_values("P L U", compute(g, ag_matmul(g, p, ag_matmul(g, l, u))), (double[]){0, 2, 3, 0}, 4, 0);
  ag_ref nought = ag_constant(g, tn_matrix((double[]){1, 2, 2, 4}, TN_F64, 2, 2));
  expect_values("det of a singular matrix", compute(g, ag_det(g, nought)), (double[]){0}, 1, 0);
  expect_values("power 0", compute(g, ag_matrix_power(g, a, 0)), (double[]){1, 0, 0, 1}, 4, 0);
  ag_graph_free(g);
}

/* ---- refusals ---- */

typedef void call(ag_graph *g, ag_ref wide, ag_ref square, ag_ref tall);
#define CALL(NAME, EXPRESSION)                                                                               \
  static void bad_##NAME(ag_graph *g, ag_ref wide, ag_ref square, ag_ref tall) {                             \
    (void)wide, (void)square, (void)tall, (void)(EXPRESSION);                                                \
  }
CALL(cholesky, ag_cholesky(g, wide))
CALL(lu, ag_lu_packed(g, wide))
CALL(qr, ag_qr_packed(g, wide))
CALL(eigh, ag_eigh_packed(g, tall))
CALL(triangular, ag_triangular_solve(g, square, wide, AG_SOLVE_RIGHT))
CALL(triangular_square, ag_triangular_solve(g, wide, tall, 0))
CALL(flags, ag_triangular_solve(g, square, square, 16))
CALL(inverse, ag_inverse(g, wide))
CALL(vector, ag_solve(g, square, ag_sum_axis(g, wide, 0, false)))
CALL(det, ag_det(g, tall))
CALL(logdet, ag_logdet_spd(g, ag_sum_axis(g, wide, 0, false)))
CALL(lstsq, ag_lstsq(g, wide, square))
CALL(rows, ag_lstsq(g, tall, wide))
CALL(power, ag_matrix_power(g, wide, 2))

Test(algebra, what_does_not_fit_is_refused) {
  const struct {
    call *f;
    const char *words;
  } cases[] = {{bad_cholesky, "cholesky: operands f64[2, 3] do not fit"},
               {bad_lu, "lu_packed: operands"},
               {bad_qr, "qr_packed: operands"},
               {bad_eigh, "eigh_packed: operands"},
               {bad_triangular, "triangular_solve: operands f64[2, 2], f64[2, 3] do not fit"},
               {bad_triangular_square, "triangular_solve: operands"},
               {bad_flags, "triangular_solve: operands"},
               {bad_inverse, "inverse: want square matrices [..., n, n], not f64[2, 3]"},
               {bad_vector, "solve: a f64[2, 2] and b f64[3, 1] have different numbers of rows"},
               {bad_det, "det: want square"},
               {bad_logdet, "logdet_spd: want square"},
               {bad_lstsq, "lstsq: 2 equations do not determine 3 unknowns"},
               {bad_rows, "lstsq: a f64[3, 2] and b f64[2, 3] have different numbers of rows"},
               {bad_power, "matrix_power: want square"}};
  for (int i = 0; i < COUNT(cases); i++) {
    ag_graph *g = new_graph();
    cases[i].f(g, ag_input(g, "w", TN_F64, 2, (int64_t[]){2, 3}),
               ag_input(g, "s", TN_F64, 2, (int64_t[]){2, 2}),
               ag_input(g, "t", TN_F64, 2, (int64_t[]){3, 2}));
    cr_expect(strstr(ag_error(g), cases[i].words), "%s: %s", cases[i].words, ag_error(g));
    ag_graph_free(g);
  }
}
