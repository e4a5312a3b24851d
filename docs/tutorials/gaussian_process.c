/* gaussian_process.c - regression with a Gaussian process: the likelihood by Cholesky, its three parameters by L-BFGS over
 * compiled gradients, then predictions with their uncertainty. Source: Rasmussen & Williams 2006, algorithm 2.1. */
#include "tutorial.h"

#include <math.h>

enum { ROWS = 60, TEST = 200 };
static double x[ROWS], y[ROWS];

static ag_ref column(ag_graph *g, const double *values, int64_t n) {
  return ag_constant(g, tn_matrix((void *)(uintptr_t)values, TN_F64, n, 1));
}

/* exp(2 s) exp(-(a - b')^2 / (2 exp(2 l))): squared distances of two columns by broadcasting. */
static ag_ref kernel(ag_graph *g, ag_ref a, ag_ref b, ag_ref log_scale, ag_ref log_length) {
  ag_ref distance = ag_square(g, ag_sub(g, a, ag_transpose2(g, b)));
  ag_ref exponent = ag_sub(g, ag_scale(g, log_scale, 2),
                           ag_mul(g, ag_scale(g, distance, 0.5), ag_exp(g, ag_scale(g, log_length, -2))));
  return ag_exp(g, exponent);
}

static ag_ref covariance(ag_graph *g, const ag_ref *p) {
  ag_ref k = kernel(g, column(g, x, ROWS), column(g, x, ROWS), p[0], p[1]);
  return ag_add(g, k, ag_mul(g, ag_eye(g, TN_F64, ROWS, ROWS), ag_exp(g, ag_scale(g, p[2], 2))));
}

/* -log p(y), without its constant; parameters are the logarithms of scale, length and noise. */
static ag_ref negative_likelihood(ag_graph *g, const ag_ref *p, int n, const void *ctx) {
  (void)n, (void)ctx;
  ag_ref k = covariance(g, p), target = column(g, y, ROWS);
  ag_ref fit = ag_sum_all(g, ag_mul(g, target, ag_solve_spd(g, k, target)));
  return ag_scale(g, ag_add(g, fit, ag_logdet_spd(g, k)), 0.5);
}

/* Means and variances at new points, each [TEST, 1]. */
static void predict(const double *p, const double *at, double *mean, double *variance) {
  ag_graph *g;
  NEED(ag_graph_new(NULL, &g), "");
  ag_ref q[3];
  for (int i = 0; i < 3; i++) q[i] = ag_scalar(g, TN_F64, p[i]);
  ag_ref here = column(g, at, TEST), cross = kernel(g, here, column(g, x, ROWS), q[0], q[1]);
  ag_ref k = covariance(g, q), m = ag_matmul(g, cross, ag_solve_spd(g, k, column(g, y, ROWS)));
  ag_ref explained = ag_mul(g, cross, ag_transpose2(g, ag_solve_spd(g, k, ag_transpose2(g, cross))));
  ag_ref v = ag_sub(g, ag_exp(g, ag_scale(g, q[0], 2)), ag_sum_axis(g, explained, -1, true));
  const tn_view results[] = {tn_matrix(mean, TN_F64, TEST, 1), tn_matrix(variance, TN_F64, TEST, 1)};
  NEED(ag_reference(g, (ag_ref[]){m, v}, 2, false, NULL, NULL, 0, (tn_rng){0}, results), ag_error(g));
  ag_graph_free(g);
}

int main(void) {
  static double at[TEST], mean[TEST], variance[TEST], noise[ROWS];
  double p[3] = {0, 0, -1};
  const tn_view parameters[] = {tn_scalar(p, TN_F64), tn_scalar(p + 1, TN_F64), tn_scalar(p + 2, TN_F64)};
  nn_solve_result result = {0};
  tn_rng_normal((tn_rng){.seed = 1, .stream = tn_stream("noise")},
                tn_view_of(noise, TN_F64, 1, (int64_t[]){ROWS}));
  for (int i = 0; i < ROWS; i++) x[i] = 10.0 * i / (ROWS - 1), y[i] = sin(x[i]) + 0.1 * noise[i];
  NEED(nn_lbfgs(negative_likelihood, NULL, parameters, 3, NULL, &result), result.message);
  printf("after %d iterations: scale %.2f, length %.2f, noise %.3f\n", result.iterations, exp(p[0]),
         exp(p[1]), exp(p[2]));

  double error = 0;
  int inside = 0;
  for (int i = 0; i < TEST; i++) at[i] = 10.0 * i / (TEST - 1);
  predict(p, at, mean, variance);
  for (int i = 0; i < TEST; i++) {
    error += fabs(mean[i] - sin(at[i])) / TEST;
    inside += fabs(mean[i] - sin(at[i])) < 3 * sqrt(fmax(variance[i], 0));
  }
  printf("mean error %.3f; truth within three standard deviations at %d of %d places\n", error, inside, TEST);
  return figure("1 - mean error", 1 - error, 0.95) | figure("noise / 0.1", exp(p[2]) / 0.1, 0.7);
}
