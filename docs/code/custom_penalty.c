/* custom_penalty.c - a penalty is any C function that returns a scalar of the graph.
 *
 * A linear map with 20 inputs is fitted to data in which only 5 inputs matter, with a penalty of our own: the
 * smoothed "log-sum" of the rows' norms, sum log(1 + |row| / s), which shrinks small rows more than large
 * ones. */
#include <nabla/nn/nn.h>

#include <math.h>
#include <stdio.h>

enum { ROWS = 400, INPUTS = 20, USEFUL = 5, OUTPUTS = 3 };

static ag_ref log_sum(ag_graph *g, ag_ref kernel, void *ctx) {
  double scale = *(const double *)ctx;
  return ag_sum_all(g, ag_log1p(g, ag_scale(g, ag_row_norm(g, kernel), 1 / scale)));
}

static void network(nn_model *m, void *ctx) {
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){INPUTS}), y = nn_input(m, "y", 1, (int64_t[]){OUTPUTS});
  ag_ref mse = nn_mse(m, nn_dense(m, "map", x, OUTPUTS, NULL), y);
  double scale = 0.1;
  ag_ref penalty = nn_penalty(m, "map/kernel", log_sum, &scale); /* read now: a local variable will do */
  nn_report(m, "mse", mse);
  nn_report(m, "penalty", penalty);
  nn_adam(m, ag_add(g, mse, ag_scale(g, penalty, *(const double *)ctx)), &(nn_adam_options){.lr = 0.01});
}

/* Fits with this weight on the penalty; writes the row norms of the kernel. */
static tn_status fit(double weight, const nn_data *data, double *norm) {
  nn_model *model;
  nn_state *state = NULL;
  nn_fit_result result = {0};
  tn_status status = nn_model_new(NULL, network, &weight, &model);
  if (status == TN_OK) status = nn_state_new(model, &state);
  if (status == TN_OK) {
    nn_state_init(state, 1, 0);
    status = nn_fit(model, state, data, (nn_split){0}, &(nn_fit_options){.epochs = 60, .schedule = nn_cosine},
                    &result);
  }
  if (status != TN_OK) fprintf(stderr, "%s%s\n", nn_error(model), result.message);
  tn_view kernel;
  if (status == TN_OK && nn_state_find(state, "map/kernel", &kernel)) {
    for (int i = 0; i < INPUTS; i++) {
      norm[i] = 0;
      for (int j = 0; j < OUTPUTS; j++) norm[i] = hypot(norm[i], tn_get(&kernel, i * OUTPUTS + j));
    }
  }
  nn_state_free(state);
  nn_model_free(model);
  return status;
}

int main(void) {
  static float x[ROWS][INPUTS], y[ROWS][OUTPUTS], noise[ROWS][OUTPUTS];
  double plain[INPUTS], sparse[INPUTS], weakest = INFINITY, idle = 0, idle_plain = 0;
  tn_rng_normal((tn_rng){.stream = tn_stream("x")}, tn_matrix(x, TN_F32, ROWS, INPUTS));
  tn_rng_normal((tn_rng){.stream = tn_stream("noise")}, tn_matrix(noise, TN_F32, ROWS, OUTPUTS));
  for (int r = 0; r < ROWS; r++) {
    for (int j = 0; j < OUTPUTS; j++) {
      y[r][j] = noise[r][j];
      for (int i = 0; i < USEFUL; i++) y[r][j] += x[r][i] * ((i + j) % 2 ? 1.0f : -0.5f);
    }
  }
  nn_data *data;
  tn_status status = nn_data_new(NULL, &data);
  if (status != TN_OK) return 1;
  status = nn_data_add(data, "x", tn_matrix(x, TN_F32, ROWS, INPUTS));
  if (status == TN_OK) status = nn_data_add(data, "y", tn_matrix(y, TN_F32, ROWS, OUTPUTS));
  if (status == TN_OK) status = fit(0, data, plain);
  if (status == TN_OK) status = fit(0.02, data, sparse);
  nn_data_free(data);
  if (status != TN_OK) return 1;

  for (int i = 0; i < INPUTS; i++) {
    printf("input %2d: norm %.3f, with the penalty %.3f\n", i, plain[i], sparse[i]);
    if (i < USEFUL) weakest = fmin(weakest, sparse[i]);
    else idle = fmax(idle, sparse[i]), idle_plain = fmax(idle_plain, plain[i]);
  }
  return !(idle < 0.2 * idle_plain && weakest > 20 * idle);
}
