/* resnet.c - a small residual network with batch normalization: Fashion-MNIST, 8,000 pictures, two epochs. On
 * unseen pictures it uses the running moments from training. Source: He, Zhang, Ren & Sun 2016. */
#include "fashion.h"

enum { TRAIN = 8000, TEST = 1000 };

static ag_ref conv_norm(nn_model *m, const char *name, ag_ref x, int64_t filters, int64_t size,
                        int64_t stride) {
  const nn_conv_options o = {
      .conv = {.padding = AG_PAD_SAME, .stride = {stride, stride}}, .kernel = NN_HE_NORMAL, .no_bias = true};
  if (!nn_enter(m, "conv_norm", name)) return (ag_ref){0};
  ag_ref y = nn_conv(m, "conv", x, filters, (int64_t[]){size, size}, &o);
  return nn_leave(m, nn_batch_norm(m, "norm", y, NULL));
}

/* Two convolutions and a shortcut, which is a convolution too if the shape changes. */
static ag_ref block(nn_model *m, const char *name, ag_ref x, int64_t filters, int64_t stride) {
  ag_graph *g = nn_graph(m);
  if (!nn_enter(m, "block", name)) return (ag_ref){0};
  ag_ref y = ag_relu(g, conv_norm(m, "0", x, filters, 3, stride));
  y = conv_norm(m, "1", y, filters, 3, 1);
  if (stride != 1 || ag_type_of(g, x).shape[3] != filters) x = conv_norm(m, "short", x, filters, 1, stride);
  return nn_leave(m, ag_relu(g, ag_add(g, x, y)));
}

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "picture", 3, (int64_t[]){SIDE, SIDE, 1});
  ag_ref label = nn_input_typed(m, "label", TN_I32, 0, NULL);
  ag_ref h = ag_relu(g, conv_norm(m, "stem", x, 8, 3, 2));
  h = block(m, "block/0", h, 8, 1);
  h = block(m, "block/1", h, 16, 2);
  h = block(m, "block/2", h, 32, 2);
  ag_ref logits = nn_dense(m, "readout", ag_global_average_pool(g, h, false), 10, NULL);
  ag_ref loss = nn_sparse_cross_entropy(m, logits, label, NULL);
  nn_output(m, "logits", logits);
  nn_report(m, "cross-entropy", loss);
  nn_sgd(m, loss, &(nn_sgd_options){.lr = 0.05, .momentum = 0.9, .nesterov = true});
}

static bool print_epoch(void *ctx, const nn_epoch *e) {
  (void)ctx;
  printf("epoch %d: cross-entropy %.4f\n", e->epoch, e->train[0]);
  return true;
}

int main(int argc, char **argv) {
  int epochs = argc > 1 ? atoi(argv[1]) : 2;
  static float out[TEST][10];
  float *pictures, *unseen;
  int32_t *labels, *truth;
  nn_model *m;
  nn_fit_result result = {0};
  nn_data *train = fashion_data("train", TRAIN, SIDE, &pictures, &labels);
  nn_data *test = fashion_data("t10k", TEST, SIDE, &unseen, &truth);
  NEED(nn_model_new(&(nn_model_options){.batch = 64}, network, NULL, &m), nn_error(m));
  nn_state *s = new_state(m, 1);
  nn_fit_options fit = {.epochs = epochs, .seed = 1, .schedule = nn_cosine, .on_epoch = print_epoch};
  NEED(nn_fit(m, s, train, (nn_split){0}, &fit, &result), result.message);
  NEED(nn_predict(m, s, test, (nn_split){0}, "logits", tn_matrix(out, TN_F32, TEST, 10)), nn_state_error(s));
  nn_state_free(s), nn_model_free(m), nn_data_free(train), nn_data_free(test);
  int code = figure("accuracy", fashion_accuracy(out[0], truth, TEST), 0.8);
  free(pictures), free(labels), free(unseen), free(truth);
  return code;
}
