/* digits.c - a first classifier: a network of two dense layers reads handwritten digits of 8 by 8 pixels. */
#include "tutorial.h"

enum { ROWS = 1797, TRAIN = 1397, TEST = ROWS - TRAIN, PIXELS = 64 };

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref pixels = nn_input(m, "pixels", 1, (int64_t[]){PIXELS});
  ag_ref digit = nn_input_typed(m, "digit", TN_I32, 0, NULL);
  ag_ref h = ag_relu(g, nn_dense(m, "hidden/0", ag_scale(g, pixels, 1.0 / 16), 64, NULL));
  ag_ref logits = nn_dense(m, "readout", ag_relu(g, nn_dense(m, "hidden/1", h, 64, NULL)), 10, NULL);
  ag_ref loss = nn_sparse_cross_entropy(m, logits, digit, NULL);
  nn_output(m, "logits", logits);
  nn_report(m, "cross-entropy", loss);
  nn_adam(m, loss, &(nn_adam_options){.lr = 2e-3});
}

static bool print_epoch(void *ctx, const nn_epoch *e) {
  (void)ctx;
  if (e->epoch % 10 == 0)
    printf("epoch %2d: cross-entropy %.4f, of unseen digits %.4f\n", e->epoch, e->train[0], e->valid[0]);
  return true;
}

int main(int argc, char **argv) {
  static float pixels[ROWS][PIXELS], logits[TEST][10];
  static int32_t digit[ROWS];
  static int64_t rows[ROWS];
  char message[TN_FILE_MESSAGE];
  nn_data *data;
  nn_model *m;
  nn_fit_result result = {0};
  tn_array file;
  NEED(tn_npy_read(NULL, argc > 1 ? argv[1] : TUTORIAL_DATA "/digits.npy", &file, message), message);
  tn_copy(tn_matrix(pixels, TN_F32, ROWS, PIXELS), tn_view_slice(file.view, 1, 0, 1, PIXELS));
  tn_copy(tn_matrix(digit, TN_I32, ROWS, 1), tn_view_slice(file.view, 1, PIXELS, 1, 1));
  tn_rng_permutation((tn_rng){.seed = 1, .stream = tn_stream("split")}, ROWS, rows);

  NEED(nn_data_new(NULL, &data), "");
  NEED(nn_data_add(data, "pixels", tn_matrix(pixels, TN_F32, ROWS, PIXELS)), "pixels");
  NEED(nn_data_add(data, "digit", tn_view_of(digit, TN_I32, 1, (int64_t[]){ROWS})), "digit");
  NEED(nn_model_new(NULL, network, NULL, &m), nn_error(m));
  nn_state *s = new_state(m, 1);
  nn_split train = {rows, TRAIN}, test = {rows + TRAIN, TEST};
  nn_fit_options fit = {.epochs = 40, .seed = 1, .valid = test, .on_epoch = print_epoch};
  NEED(nn_fit(m, s, data, train, &fit, &result), result.message);
  NEED(nn_predict(m, s, data, test, "logits", tn_matrix(logits, TN_F32, TEST, 10)), nn_state_error(s));

  int right = 0;
  for (int i = 0; i < TEST; i++) {
    int best = 0;
    for (int c = 1; c < 10; c++)
      if (logits[i][c] > logits[i][best]) best = c;
    right += best == digit[rows[TRAIN + i]];
  }
  nn_state_free(s), nn_model_free(m), nn_data_free(data), tn_array_free(&file);
  return figure("accuracy", (double)right / TEST, 0.95);
}
