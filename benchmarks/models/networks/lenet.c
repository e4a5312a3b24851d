/* lenet.c - LeNet with 20 and 50 filters and 500 units. */
#include "../models.h"

static ag_ref block(nn_model *m, const char *name, ag_ref x, int64_t filters) {
  ag_ref y = nn_conv(m, name, x, filters, (int64_t[]){5, 5}, NULL);
  return ag_max_pool(nn_graph(m), y, &(ag_pool_options){.size = {2, 2}});
}

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "picture", 3, (int64_t[]){28, 28, 1});
  ag_ref label = nn_input_typed(m, "label", TN_I32, 0, NULL);
  ag_ref h = block(m, "conv/1", block(m, "conv/0", x, 20), 50);
  h = ag_reshape(g, h, 2, (int64_t[]){nn_batch(m), 4 * 4 * 50});
  h = ag_relu(g, nn_dense(m, "dense", h, 500, NULL));
  ag_ref logits = nn_dense(m, "readout", h, 10, NULL);
  ag_ref loss = nn_sparse_cross_entropy(m, logits, label, NULL);
  nn_output(m, "logits", logits);
  nn_report(m, "loss", loss);
  nn_adam(m, loss, &(nn_adam_options){.lr = 1e-3, .epsilon = 1e-8, .torch_epsilon = true});
}

static int data(nn_column *c, int64_t rows) { return models_pictures(rows, 28, &c[0], &c[1]), 2; }

enum { DENSE = 800 * 500 + 500 * 10, STEM = 24 * 24 * 25 * 20, OTHERS = 8 * 8 * 25 * 20 * 50 + DENSE };

const models_network models_lenet = {
    .name = "lenet",
    .network = network,
    .output = "logits",
    .rank = 1,
    .shape = {10},
    .batch = 64,
    .rows = 4096,
    .chunk = 32,
    .work = {STEM + OTHERS, 2 * STEM + 3 * OTHERS, 25 * 20 + 25 * 20 * 50 + DENSE, 1},
    .data = data};
