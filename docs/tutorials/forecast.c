/* forecast.c - a recurrent network predicts next year's sunspots from the 24 years before. It must beat the best
 * simple guess, a linear combination of the last two years, on the years from 1950. */
#include "tutorial.h"

#include <math.h>

enum { YEARS = 309, WINDOW = 24, ROWS = YEARS - WINDOW, FIRST = 1700, SPLIT = 1950 - FIRST - WINDOW };

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref past = nn_input(m, "past", 2, (int64_t[]){WINDOW, 1}), next = nn_input(m, "next", 1, (int64_t[]){1});
  ag_ref h = nn_gru(m, "gru", past, 24, &(nn_gru_options){.sequence = {.last = true}});
  /* It predicts the change from the last year. */
  ag_ref last = ag_reshape(g, ag_slice(g, past, 1, WINDOW - 1, 1), 2, (int64_t[]){nn_batch(m), 1});
  ag_ref forecast = ag_add(g, last, nn_dense(m, "readout", h, 1, NULL));
  ag_ref loss = nn_mse(m, forecast, next);
  nn_output(m, "forecast", forecast);
  nn_report(m, "mse", loss);
  nn_adam(m, ag_add(g, loss, nn_l2(m, "*/kernel", 1e-4)), &(nn_adam_options){.lr = 3e-3});
}

/* Mean squared error after 1950 of a x(t - 1) + b x(t - 2) + c, fitted before 1950 by least squares on the residuals'
 * normal equations. */
static double simple_error(float past[ROWS][WINDOW][1], const float *next) {
  double a[3][4] = {{0}}, error = 0;
  for (int i = 0; i < SPLIT; i++) {
    double x[4] = {past[i][WINDOW - 1][0], past[i][WINDOW - 2][0], 1, next[i]};
    for (int r = 0; r < 3; r++)
      for (int c = 0; c < 4; c++) a[r][c] += x[r] * x[c];
  }
  for (int k = 0; k < 3; k++)
    for (int r = 0; r < 3; r++) {
      double factor = a[r][k] / a[k][k];
      for (int c = 0; c < 4 && r != k; c++) a[r][c] -= factor * a[k][c];
    }
  for (int i = SPLIT; i < ROWS; i++) {
    double guess = a[0][3] / a[0][0] * past[i][WINDOW - 1][0] + a[1][3] / a[1][1] * past[i][WINDOW - 2][0] +
                   a[2][3] / a[2][2];
    error += (guess - next[i]) * (guess - next[i]) / (ROWS - SPLIT);
  }
  return error;
}

int main(int argc, char **argv) {
  static float past[ROWS][WINDOW][1], next[ROWS], forecast[ROWS - SPLIT];
  static int64_t rows[ROWS];
  char message[TN_FILE_MESSAGE];
  nn_data *data;
  nn_model *m;
  nn_fit_result result = {0};
  tn_array file;
  NEED(tn_npy_read(NULL, argc > 1 ? argv[1] : TUTORIAL_DATA "/sunspots.npy", &file, message), message);
  for (int i = 0; i < ROWS; i++) {
    rows[i] = i, next[i] = (float)tn_get(&file.view, i + WINDOW) / 100;
    for (int t = 0; t < WINDOW; t++) past[i][t][0] = (float)tn_get(&file.view, i + t) / 100;
  }
  NEED(nn_data_new(NULL, &data), "");
  NEED(nn_data_add(data, "past", tn_view_of(past, TN_F32, 3, (int64_t[]){ROWS, WINDOW, 1})), "past");
  NEED(nn_data_add(data, "next", tn_matrix(next, TN_F32, ROWS, 1)), "next");
  NEED(nn_model_new(&(nn_model_options){.batch = 16}, network, NULL, &m), nn_error(m));
  nn_state *s = new_state(m, 1);
  nn_split train = {rows, SPLIT}, test = {rows + SPLIT, ROWS - SPLIT};
  nn_fit_options fit = {.epochs = 150, .seed = 1, .schedule = nn_cosine};
  NEED(nn_fit(m, s, data, train, &fit, &result), result.message);
  NEED(nn_predict(m, s, data, test, "forecast", tn_matrix(forecast, TN_F32, test.n, 1)), nn_state_error(s));
  double error = 0, simple = simple_error(past, next);
  for (int i = 0; i < test.n; i++)
    error += (forecast[i] - next[SPLIT + i]) * (forecast[i] - next[SPLIT + i]) / (float)test.n;
  printf("root mean squared error: %.1f sunspots, the simple guess %.1f\n", 100 * sqrt(error),
         100 * sqrt(simple));
  nn_state_free(s), nn_model_free(m), nn_data_free(data), tn_array_free(&file);
  return figure("simple error / error", simple / error, 1.2);
}
