/* freeze_and_prune.c - phases: one network function with different settings; weights are copied by name.
 *
 *   1  train everything under a group lasso on the first kernel
 *   2  keep the inputs with the largest row norms: a smaller model, with the kept rows gathered
 *   3  fine-tune the small model with its first layer frozen: it must not change by a bit */
#include <nabla/nn/nn.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 500, INPUTS = 30, KEPT = 3, HIDDEN = 16 };

typedef struct phase {
  int64_t inputs;
  double lasso;
  const char *freeze;
} phase;

static void network(nn_model *m, void *ctx) {
  const phase *p = ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, &p->inputs), y = nn_input(m, "y", 1, (int64_t[]){1});
  ag_ref h = ag_elu(g, nn_dense(m, "encoder/0", x, HIDDEN, NULL), 1);
  ag_ref mse = nn_mse(m, nn_dense(m, "readout", h, 1, NULL), y);
  nn_report(m, "mse", mse);
  if (p->freeze) nn_freeze(m, p->freeze);
  nn_adam(m, ag_add(g, mse, nn_group_lasso(m, "encoder/0/kernel", p->lasso)), &(nn_adam_options){.lr = 3e-3});
}

/* The indices of the KEPT rows with the largest norms, in rising order. */
static void largest_rows(tn_view kernel, int64_t *rows) {
  bool taken[INPUTS] = {false};
  for (int k = 0; k < KEPT; k++) {
    double best = -1;
    int64_t row = 0;
    for (int64_t i = 0; i < INPUTS; i++) {
      double norm = 0;
      for (int j = 0; j < HIDDEN; j++) norm += pow(tn_get(&kernel, i * HIDDEN + j), 2);
      if (!taken[i] && norm > best) best = norm, row = i;
    }
    taken[row] = true;
  }
  for (int64_t i = 0, k = 0; i < INPUTS; i++) {
    if (taken[i]) rows[k++] = i;
  }
}

static float x[ROWS][INPUTS], few[ROWS][KEPT], y[ROWS];

static tn_status make_data(tn_view inputs, nn_data **data) {
  tn_status status = nn_data_new(NULL, data);
  if (status == TN_OK) status = nn_data_add(*data, "x", inputs);
  if (status == TN_OK) status = nn_data_add(*data, "y", tn_matrix(y, TN_F32, ROWS, 1));
  return status;
}

static tn_status start(phase *p, nn_model **model, nn_state **state) {
  tn_status status = nn_model_new(NULL, network, p, model);
  if (status != TN_OK && *model) fprintf(stderr, "%s\n", nn_error(*model));
  return status == TN_OK ? nn_state_new(*model, state) : status;
}

static tn_status run(nn_data **data, nn_model **model, nn_state **state, int64_t *rows, double *mse,
                     bool *unchanged) {
  phase whole = {.inputs = INPUTS, .lasso = 0.02}, small = {.inputs = KEPT, .freeze = "encoder/*"};
  tn_view kernel;
  tn_status status = make_data(tn_matrix(x, TN_F32, ROWS, INPUTS), &data[0]);
  if (status == TN_OK) status = start(&whole, &model[0], &state[0]);
  if (status != TN_OK) return status;
  nn_state_init(state[0], 1, 0);
  nn_fit_options fit = {.epochs = 60, .phase = "lasso"};
  status = nn_fit(model[0], state[0], data[0], (nn_split){0}, &fit, NULL);
  if (status != TN_OK || !nn_state_find(state[0], "encoder/0/kernel", &kernel)) return status;

  largest_rows(kernel, rows);
  for (int r = 0; r < ROWS; r++) {
    for (int k = 0; k < KEPT; k++) few[r][k] = x[r][rows[k]];
  }
  status = make_data(tn_matrix(few, TN_F32, ROWS, KEPT), &data[1]);
  if (status == TN_OK) status = start(&small, &model[1], &state[1]);
  if (status == TN_OK) status = nn_prune_inputs(state[1], state[0], "encoder/0/kernel", rows, KEPT, false);
  if (status != TN_OK || !nn_state_find(state[1], "encoder/0/kernel", &kernel)) return status;

  float before[KEPT * HIDDEN];
  memcpy(before, kernel.data, sizeof before);
  fit.phase = "fine-tune";
  status = nn_fit(model[1], state[1], data[1], (nn_split){0}, &fit, NULL);
  *unchanged = memcmp(before, kernel.data, sizeof before) == 0;
  return status == TN_OK ? nn_evaluate(model[1], state[1], data[1], (nn_split){0}, mse) : status;
}

int main(void) {
  nn_data *data[2] = {NULL};
  nn_model *model[2] = {NULL};
  nn_state *state[2] = {NULL};
  int64_t rows[KEPT] = {0};
  double mse[NN_MAX_REPORTS] = {INFINITY};
  bool unchanged = false;
  tn_rng_normal((tn_rng){.stream = tn_stream("x")}, tn_matrix(x, TN_F32, ROWS, INPUTS));
  for (int r = 0; r < ROWS; r++) y[r] = x[r][4] + fabsf(x[r][11]) - 0.5f * x[r][23];

  tn_status status = run(data, model, state, rows, mse, &unchanged);
  printf("kept inputs %d, %d, %d; mse on them alone %.3f\n", (int)rows[0], (int)rows[1], (int)rows[2],
         mse[0]);
  for (int i = 0; i < 2; i++) {
    nn_state_free(state[i]);
    nn_model_free(model[i]);
    nn_data_free(data[i]);
  }
  bool planted = rows[0] == 4 && rows[1] == 11 && rows[2] == 23;
  return !(status == TN_OK && planted && unchanged && mse[0] < 0.05);
}
