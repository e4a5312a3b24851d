/* proximal.c - exact zeros: a penalty as a proximal operator, which is applied after each step of the
 * optimizer.
 *
 * A linear map with 20 inputs is fitted to data in which only 5 matter. In the loss, a group lasso makes the
 * rows of the others small; as an operator it makes them 0. The second operator is our own: it keeps the bias
 * in a box. */
#include <nabla/nn/nn.h>

#include <math.h>
#include <stdio.h>

enum { ROWS = 400, INPUTS = 20, USEFUL = 5, OUTPUTS = 3 };

/* The projection onto a set is the operator of a penalty that is infinite outside it; it does not depend on
 * the step size. */
static ag_ref into_box(ag_graph *g, ag_ref p, ag_ref step, const void *ctx) {
  double half = *(const double *)ctx;
  (void)step;
  return ag_clamp(g, p, -half, half);
}

static void network(nn_model *m, void *ctx) {
  static const double half = 0.1;
  const bool proximal = *(const bool *)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){INPUTS}), y = nn_input(m, "y", 1, (int64_t[]){OUTPUTS});
  ag_ref loss = nn_mse(m, nn_dense(m, "map", x, OUTPUTS, NULL), y);
  nn_report(m, "mse", loss);
  nn_prox(m, "map/bias", into_box, &half);
  if (proximal) nn_prox_group_lasso(m, "map/kernel", 0.3);
  else loss = ag_add(g, loss, nn_group_lasso(m, "map/kernel", 0.3));
  nn_adam(m, loss, &(nn_adam_options){.lr = 0.01});
}

/* Fits; counts the rows of idle inputs that are 0 and those of useful ones that are not. False: it failed. */
static bool fit(bool proximal, const nn_data *data, int *idle_zero, int *useful_kept) {
  nn_model *model;
  nn_state *state = NULL;
  tn_status status = nn_model_new(NULL, network, &proximal, &model);
  if (status == TN_OK) status = nn_state_new(model, &state);
  if (status == TN_OK) {
    nn_state_init(state, 1, 0);
    status = nn_fit(model, state, data, (nn_split){0}, &(nn_fit_options){.epochs = 60}, NULL);
  }
  if (status != TN_OK) fprintf(stderr, "%s\n", nn_error(model));
  tn_view kernel, bias;
  bool good = status == TN_OK && nn_state_find(state, "map/kernel", &kernel) &&
              nn_state_find(state, "map/bias", &bias);
  *idle_zero = *useful_kept = 0;
  for (int i = 0; good && i < INPUTS; i++) {
    double norm = 0;
    for (int j = 0; j < OUTPUTS; j++) norm = hypot(norm, tn_get(&kernel, i * OUTPUTS + j));
    if (i < USEFUL) *useful_kept += norm > 0.1;
    else *idle_zero += norm == 0;
  }
  for (int j = 0; good && j < OUTPUTS; j++) good = fabs(tn_get(&bias, j)) <= 0.1001;
  nn_state_free(state);
  nn_model_free(model);
  return good;
}

int main(void) {
  static float x[ROWS][INPUTS], y[ROWS][OUTPUTS];
  int zero[2], kept[2];
  nn_data *data;
  tn_rng_normal((tn_rng){.stream = tn_stream("x")}, tn_matrix(x, TN_F32, ROWS, INPUTS));
  for (int r = 0; r < ROWS; r++)
    for (int j = 0; j < OUTPUTS; j++) {
      y[r][j] = 1; /* the bias would reach this without the box */
      for (int i = 0; i < USEFUL; i++) y[r][j] += x[r][i] * (float)((i + j) % 3 - 1);
    }
  if (nn_data_new(NULL, &data) != TN_OK ||
      nn_data_add(data, "x", tn_matrix(x, TN_F32, ROWS, INPUTS)) != TN_OK ||
      nn_data_add(data, "y", tn_matrix(y, TN_F32, ROWS, OUTPUTS)) != TN_OK)
    return 1;
  for (int k = 0; k < 2; k++) {
    if (!fit(k == 1, data, &zero[k], &kept[k])) return 1;
    printf("%s: %d of %d idle rows are exactly 0, %d of %d useful ones are kept\n",
           k ? "operator" : "in the loss", zero[k], INPUTS - USEFUL, kept[k], USEFUL);
  }
  nn_data_free(data);
  return zero[0] == 0 && zero[1] == INPUTS - USEFUL && kept[1] == USEFUL ? 0 : 1;
}
