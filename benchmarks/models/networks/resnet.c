/* resnet.c - ResNet-20. Source: He, Zhang, Ren & Sun 2016, with 1 x 1 convolutions as short cuts (their option B). */
#include "../models.h"

static ag_ref conv_norm(nn_model *m, const char *name, ag_ref x, int64_t filters, int64_t size,
                        int64_t stride) {
  const int64_t edge = size / 2;
  const nn_conv_options o = {
      .conv = {.before = {edge, edge}, .after = {edge, edge}, .stride = {stride, stride}},
      .kernel = NN_HE_NORMAL,
      .no_bias = true};
  if (!nn_enter(m, "conv_norm", name)) return (ag_ref){0};
  ag_ref y = nn_conv(m, "conv", x, filters, (int64_t[]){size, size}, &o);
  return nn_leave(m, nn_batch_norm(m, "norm", y, NULL));
}

static ag_ref block(nn_model *m, const char *name, ag_ref x, int64_t filters, int64_t stride) {
  ag_graph *g = nn_graph(m);
  if (!nn_enter(m, "block", name)) return (ag_ref){0};
  ag_ref y = ag_relu(g, conv_norm(m, "0", x, filters, 3, stride));
  y = conv_norm(m, "1", y, filters, 3, 1);
  if (stride != 1) x = conv_norm(m, "short", x, filters, 1, stride);
  return nn_leave(m, ag_relu(g, ag_add(g, x, y)));
}

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "picture", 3, (int64_t[]){32, 32, 1});
  ag_ref label = nn_input_typed(m, "label", TN_I32, 0, NULL);
  ag_ref h = ag_relu(g, conv_norm(m, "stem", x, 16, 3, 1));
  for (int stage = 0; stage < 3; stage++)
    for (int k = 0; k < 3; k++) {
      char name[24];
      snprintf(name, sizeof name, "block/%d/%d", stage, k);
      h = block(m, name, h, INT64_C(16) << stage, stage > 0 && k == 0 ? 2 : 1);
    }
  ag_ref logits = nn_dense(m, "readout", ag_global_average_pool(g, h, false), 10, NULL);
  ag_ref loss = nn_sparse_cross_entropy(m, logits, label, NULL);
  nn_output(m, "logits", logits);
  nn_report(m, "loss", loss);
  nn_sgd(m, loss, &(nn_sgd_options){.lr = 0.05, .momentum = 0.9});
}

static int data(nn_column *c, int64_t rows) { return models_pictures(rows, 32, &c[0], &c[1]), 2; }

enum {
  STEM = 9 * 16, /* kernels by stage; a place of the image reads each once */
  ONE = 6 * 9 * 16 * 16,
  TWO = (9 + 1) * 16 * 32 + 5 * 9 * 32 * 32,
  THREE = (9 + 1) * 32 * 64 + 5 * 9 * 64 * 64,
  OTHERS = 1024 * ONE + 256 * TWO + 64 * THREE + 64 * 10
};

const models_network models_resnet = {
    .name = "resnet",
    .network = network,
    .output = "logits",
    .rank = 1,
    .shape = {10},
    .batch = 64,
    .rows = 1024,
    .chunk = 4,
    .work = {1024 * STEM + OTHERS, 2 * 1024 * STEM + 3.0 * OTHERS, STEM + ONE + TWO + THREE + 640, 1},
    .data = data};
