/* resume.c - an interrupted training continues from its checkpoint and ends with the same bits as an
 * uninterrupted one: all random numbers are functions of seed, epoch and step, and a checkpoint has the state
 * of the optimizer. */
#include "tutorial.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 512, EPOCHS = 12, STOP = 5 };

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "x", 1, (int64_t[]){4}), y = nn_input(m, "y", 1, (int64_t[]){1});
  ag_ref h = nn_dropout(m, "drop", ag_tanh(g, nn_dense(m, "hidden", x, 32, NULL)), 0.1);
  ag_ref loss = nn_mse(m, nn_dense(m, "readout", h, 1, NULL), y);
  nn_report(m, "mse", loss);
  nn_adam(m, loss, &(nn_adam_options){.lr = 1e-2});
}

static bool stop_early(void *ctx, const nn_epoch *e) { return (void)ctx, e->epoch < STOP; }

static bool same_bits(const nn_state *a, const nn_state *b) {
  for (int i = 0; i < nn_state_count(a); i++) {
    tn_view x = nn_state_view(a, i), y = nn_state_view(b, i);
    if (memcmp(x.data, y.data, tn_view_bytes(&x)) != 0) return false;
  }
  return nn_state_count(a) == nn_state_count(b);
}

int main(void) {
  static float x[ROWS][4], y[ROWS];
  const char *path = "resume.safetensors";
  char message[256];
  nn_data *data;
  nn_model *m;
  nn_fit_result result = {0};
  tn_rng_normal((tn_rng){.seed = 1, .stream = tn_stream("x")}, tn_matrix(x, TN_F32, ROWS, 4));
  for (int i = 0; i < ROWS; i++) y[i] = sinf(x[i][0]) + x[i][1] * x[i][2];
  NEED(nn_data_new(NULL, &data), "");
  NEED(nn_data_add(data, "x", tn_matrix(x, TN_F32, ROWS, 4)), "x");
  NEED(nn_data_add(data, "y", tn_matrix(y, TN_F32, ROWS, 1)), "y");
  NEED(nn_model_new(NULL, network, NULL, &m), nn_error(m));
  nn_state *whole = new_state(m, 1), *first = new_state(m, 1), *second = new_state(m, 2);

  nn_fit_options fit = {.epochs = EPOCHS, .seed = 1, .schedule = nn_cosine};
  NEED(nn_fit(m, whole, data, (nn_split){0}, &fit, &result), result.message);

  fit.on_epoch = stop_early;
  tn_status status = nn_fit(m, first, data, (nn_split){0}, &fit, &result);
  printf("stopped after epoch %d: %s\n", result.epochs, tn_status_text(status));
  NEED(nn_state_save(first, path, NULL, 0, message), message);

  /* Another program would begin here. */
  fit.on_epoch = NULL;
  fit.first_epoch = result.epochs + 1;
  NEED(nn_state_load(second, path, message), message);
  NEED(nn_fit(m, second, data, (nn_split){0}, &fit, &result), result.message);
  int code = figure("same bits", same_bits(whole, second), 1);
  unlink(path);
  nn_state_free(whole), nn_state_free(first), nn_state_free(second), nn_model_free(m), nn_data_free(data);
  return code;
}
