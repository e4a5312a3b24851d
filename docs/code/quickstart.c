/* quickstart.c - a dense network learns y = sin(3 a) * b from noisy examples. */
#include <nabla/nn/nn.h>

#include <math.h>
#include <stdio.h>

enum { ROWS = 600, TRAIN = 500 };

/* Called once per mode and batch size: it names parameters and appends nodes. */
static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){2});
  ag_ref y = nn_input(m, "y", 1, (int64_t[]){1});
  ag_ref h = ag_tanh(g, nn_dense(m, "hidden/0", x, 32, NULL));
  h = ag_tanh(g, nn_dense(m, "hidden/1", h, 32, NULL));
  ag_ref prediction = nn_dense(m, "readout", h, 1, NULL);
  ag_ref mse = nn_mse(m, prediction, y);
  nn_output(m, "prediction", prediction);
  nn_report(m, "mse", mse);
  nn_adam(m, ag_add(g, mse, nn_l2(m, "*/kernel", 1e-6)), &(nn_adam_options){.lr = 5e-3});
}

static bool print_epoch(void *ctx, const nn_epoch *e) {
  (void)ctx;
  if (e->epoch % 20 == 0)
    printf("epoch %3d: %s %.4f, validation %.4f\n", e->epoch, e->names[0], e->train[0], e->valid[0]);
  return true;
}

int main(void) {
  static float x[ROWS][2], y[ROWS], guess[ROWS - TRAIN];
  static int64_t rows[ROWS];
  tn_rng_uniform((tn_rng){.seed = 1, .stream = tn_stream("x")}, tn_matrix(x, TN_F32, ROWS, 2));
  for (int i = 0; i < ROWS; i++) {
    y[i] = sinf(3 * x[i][0]) * x[i][1];
    rows[i] = i;
  }

  nn_data *data = NULL;
  nn_model *model = NULL;
  nn_state *state = NULL;
  nn_fit_result result = {0};
  nn_split train = {rows, TRAIN}, test = {rows + TRAIN, ROWS - TRAIN};
  nn_fit_options fit = {
      .epochs = 100, .seed = 7, .schedule = nn_cosine, .valid = test, .on_epoch = print_epoch};

  tn_status status = nn_data_new(NULL, &data);
  if (status == TN_OK) status = nn_data_add(data, "x", tn_matrix(x, TN_F32, ROWS, 2));
  if (status == TN_OK) status = nn_data_add(data, "y", tn_matrix(y, TN_F32, ROWS, 1));
  if (status == TN_OK) status = nn_model_new(NULL, network, NULL, &model);
  if (status == TN_OK) status = nn_state_new(model, &state);
  if (status == TN_OK) {
    nn_state_init(state, 7, 0);
    status = nn_fit(model, state, data, train, &fit, &result);
  }
  tn_view out = tn_matrix(guess, TN_F32, ROWS - TRAIN, 1);
  if (status == TN_OK) status = nn_predict(model, state, data, test, "prediction", out);

  int failed = 1;
  if (status == TN_OK) {
    double r2 = nn_r2(tn_matrix(y + TRAIN, TN_F32, ROWS - TRAIN, 1), out, -1);
    printf("test R2 %.4f\n", r2);
    failed = !(r2 > 0.97);
  } else {
    fprintf(stderr, "%s: %s%s%s%s\n", tn_status_text(status), nn_data_error(data),
            model ? nn_error(model) : "", result.message,
            state && !*result.message ? nn_state_error(state) : "");
  }
  nn_state_free(state);
  nn_model_free(model);
  nn_data_free(data);
  return failed;
}
