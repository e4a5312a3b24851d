/* solvers.c - a small network fitted to many digits: Levenberg-Marquardt and Newton's method on the
 * parameters of a model. Ten hidden units are to learn a damped wave from 60 noisy points. Adam needs
 * thousands of steps where these solvers need some dozens, as they use second derivatives and all rows at
 * once. Source: Hagan & Menhaj 1994, "Training feedforward networks with the Marquardt algorithm"; Martens
 * 2010, "Deep learning via Hessian-free optimization". */
#include "tutorial.h"

#include <math.h>

enum { ROWS = 60, UNITS = 10 };
static const double noise = 0.01;

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){1}), y = nn_input(m, "y", 1, (int64_t[]){1});
  ag_ref h = ag_tanh(g, nn_dense(m, "hidden", x, UNITS, NULL));
  ag_ref f = nn_dense(m, "readout", h, 1, NULL);
  ag_ref residuals = ag_sub(g, f, y), loss = ag_mean_all(g, ag_square(g, residuals));
  nn_output(m, "residuals",
            residuals);      /* for Levenberg-Marquardt, which minimizes the sum of their squares */
  nn_report(m, "mse", loss); /* for Newton and L-BFGS, which take any scalar */
  nn_adam(m, loss, &(nn_adam_options){.lr = 1e-2}); /* for nn_fit; the solvers ignore it */
}

static double rmse(nn_model *m, nn_state *s, const nn_data *data) {
  double reports[NN_MAX_REPORTS];
  NEED(nn_evaluate(m, s, data, (nn_split){0}, reports), nn_state_error(s));
  return sqrt(reports[0]);
}

/* Runs one of the solvers from the same start; returns the root mean square of the residuals. */
static double solve(nn_model *m, const nn_data *data, const char *name, nn_solver *solver, const char *what) {
  nn_state *s = new_state(m, 2);
  nn_solve_result r;
  nn_solve_job job = {.model = m, .state = s, .data = data, .what = what};
  tn_status status = nn_solve_model(solver, &job, &(nn_solve_options){.max_iterations = 300}, &r);
  if (status != TN_OK && status != TN_ESTOPPED) NEED(status, r.message);
  double error = rmse(m, s, data);
  printf("%-22s %4d iterations, %5d evaluations, rmse %.4f\n", name, r.iterations, r.evaluations, error);
  nn_state_free(s);
  return error;
}

int main(void) {
  static double x[ROWS], y[ROWS], e[ROWS];
  nn_data *data;
  nn_model *m;
  tn_rng_normal((tn_rng){.seed = 1}, tn_matrix(e, TN_F64, ROWS, 1));
  for (int i = 0; i < ROWS; i++) {
    x[i] = -2 + 4.0 * i / (ROWS - 1);
    y[i] = exp(-0.5 * x[i]) * sin(4 * x[i]) + noise * e[i];
  }
  NEED(nn_data_new(NULL, &data), "out of memory");
  NEED(nn_data_add(data, "x", tn_matrix(x, TN_F64, ROWS, 1)), nn_data_error(data));
  NEED(nn_data_add(data, "y", tn_matrix(y, TN_F64, ROWS, 1)), nn_data_error(data));
  NEED(nn_model_new(&(nn_model_options){.dtype = TN_F64, .batch = ROWS}, network, NULL, &m), nn_error(m));

  nn_state *s = new_state(m, 2);
  nn_fit_result r;
  NEED(nn_fit(m, s, data, (nn_split){0}, &(nn_fit_options){.epochs = 300}, &r), r.message);
  double adam = rmse(m, s, data);
  printf("%-22s  300 steps, rmse %.4f\n", "Adam", adam);
  double marquardt = solve(m, data, "Levenberg-Marquardt", nn_least_squares, "residuals");
  double newton = solve(m, data, "Newton-CG", nn_newton_cg, "mse");
  solve(m, data, "L-BFGS", nn_lbfgs, "mse");
  nn_state_free(s);
  nn_model_free(m);
  nn_data_free(data);
  double worst = fmax(marquardt, newton);
  return figure("Adam's error over the solvers' larger one", adam / worst, 4);
}
