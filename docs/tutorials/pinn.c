/* pinn.c - a network solves a differential equation: second derivatives in the loss.
 * y'' = -y with y(0) = 0, y'(0) = 1 on [0, 3]; the solution is sin x. The network N gives y = x + x^2 N(x), which
 * satisfies both conditions. Source: Raissi, Perdikaris & Karniadakis 2019; Lagaris, Likas & Fotiadis 1998. */
#include "tutorial.h"

#include <math.h>

enum { ROWS = 256 };

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){1});
  ag_ref h = ag_tanh(g, nn_dense(m, "hidden/0", x, 24, NULL));
  h = ag_tanh(g, nn_dense(m, "hidden/1", h, 24, NULL));
  ag_ref y = ag_add(g, x, ag_mul(g, ag_square(g, x), nn_dense(m, "readout", h, 1, NULL)));

  /* Row i of y depends on row i of x only, so the gradient of the sum has the derivative of each row. */
  ag_ref dy, d2y;
  ag_grad(g, ag_sum_all(g, y), &x, 1, &dy);
  ag_grad(g, ag_sum_all(g, dy), &x, 1, &d2y);
  ag_ref loss = ag_mean_all(g, ag_square(g, ag_add(g, d2y, y)));
  nn_output(m, "y", y);
  nn_report(m, "residual", loss);
  nn_adam(m, loss, &(nn_adam_options){.lr = 1e-2});
}

int main(void) {
  static double x[ROWS], y[ROWS];
  nn_data *data;
  nn_model *m;
  nn_fit_result result = {0};
  for (int i = 0; i < ROWS; i++) x[i] = 3.0 * i / (ROWS - 1);
  NEED(nn_data_new(NULL, &data), "");
  NEED(nn_data_add(data, "x", tn_matrix(x, TN_F64, ROWS, 1)), "x");
  NEED(nn_model_new(&(nn_model_options){.dtype = TN_F64, .batch = 64}, network, NULL, &m), nn_error(m));
  nn_state *s = new_state(m, 1);
  nn_fit_options fit = {.epochs = 2500, .seed = 1, .schedule = nn_cosine};
  NEED(nn_fit(m, s, data, (nn_split){0}, &fit, &result), result.message);
  NEED(nn_predict(m, s, data, (nn_split){0}, "y", tn_matrix(y, TN_F64, ROWS, 1)), nn_state_error(s));

  double worst = 0;
  for (int i = 0; i < ROWS; i++) worst = fmax(worst, fabs(y[i] - sin(x[i])));
  printf("largest difference from sin x: %.1e\n", worst);
  nn_state_free(s), nn_model_free(m), nn_data_free(data);
  return figure("digits that are right", -log10(worst), 3);
}
