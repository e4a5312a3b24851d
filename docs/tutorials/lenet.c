/* lenet.c - a convolutional network learns to recognise clothes: LeNet on Fashion-MNIST, 90 % after five epochs.
 * Source: LeCun, Bottou, Bengio & Haffner 1998; widths 20, 50, 500 as in Caffe's. */
#include "fashion.h"

enum { TRAIN = 60000, TEST = 10000 };

static ag_ref block(nn_model *m, const char *name, ag_ref x, int64_t filters) {
  ag_ref y = nn_conv(m, name, x, filters, (int64_t[]){5, 5}, NULL);
  return ag_max_pool(nn_graph(m), y, &(ag_pool_options){.size = {2, 2}});
}

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "picture", 3, (int64_t[]){SIDE, SIDE, 1});
  ag_ref label = nn_input_typed(m, "label", TN_I32, 0, NULL);
  ag_ref h = block(m, "conv/1", block(m, "conv/0", x, 20), 50);
  h = ag_reshape(g, h, 2, (int64_t[]){nn_batch(m), 4 * 4 * 50});
  h = ag_relu(g, nn_dense(m, "dense", h, 500, NULL));
  ag_ref logits = nn_dense(m, "readout", h, 10, NULL);
  ag_ref loss = nn_sparse_cross_entropy(m, logits, label, NULL);
  nn_output(m, "logits", logits);
  nn_report(m, "cross-entropy", loss);
  nn_adam(m, loss, &(nn_adam_options){.lr = 1e-3});
}

static bool print_epoch(void *ctx, const nn_epoch *e) {
  (void)ctx;
  printf("epoch %d: cross-entropy %.4f\n", e->epoch, e->train[0]);
  return true;
}

int main(int argc, char **argv) {
  int epochs = argc > 1 ? atoi(argv[1]) : 5;
  float *pictures, *unseen, *out = malloc(TEST * 10 * sizeof *out);
  int32_t *labels, *truth;
  nn_model *m;
  nn_fit_result result = {0};
  nn_data *train = fashion_data("train", TRAIN, SIDE, &pictures, &labels);
  nn_data *test = fashion_data("t10k", TEST, SIDE, &unseen, &truth);

  NEED(nn_model_new(&(nn_model_options){.batch = 64, .threads = 2}, network, NULL, &m), nn_error(m));
  nn_state *s = new_state(m, 1);
  nn_fit_options fit = {.epochs = epochs, .seed = 1, .schedule = nn_cosine, .on_epoch = print_epoch};
  NEED(nn_fit(m, s, train, (nn_split){0}, &fit, &result), result.message);
  NEED(nn_predict(m, s, test, (nn_split){0}, "logits", tn_matrix(out, TN_F32, TEST, 10)), nn_state_error(s));
  int code = figure("accuracy", fashion_accuracy(out, truth, TEST), 0.9);

  nn_state_free(s), nn_model_free(m), nn_data_free(train), nn_data_free(test);
  free(pictures), free(labels), free(unseen), free(truth), free(out);
  return code;
}
