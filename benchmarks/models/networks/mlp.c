/* mlp.c - 784-512-512-10. */
#include "../models.h"

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref x = nn_input(m, "picture", 3, (int64_t[]){28, 28, 1});
  ag_ref label = nn_input_typed(m, "label", TN_I32, 0, NULL);
  ag_ref h = ag_reshape(g, x, 2, (int64_t[]){nn_batch(m), 784});
  h = ag_relu(g, nn_dense(m, "dense/0", h, 512, NULL));
  h = ag_relu(g, nn_dense(m, "dense/1", h, 512, NULL));
  ag_ref logits = nn_dense(m, "readout", h, 10, NULL);
  ag_ref loss = nn_sparse_cross_entropy(m, logits, label, NULL);
  nn_output(m, "logits", logits);
  nn_report(m, "loss", loss);
  nn_adam(m, loss, &(nn_adam_options){.lr = 1e-4, .epsilon = 1e-8, .torch_epsilon = true});
}

static int data(nn_column *c, int64_t rows) { return models_pictures(rows, 28, &c[0], &c[1]), 2; }

enum { FIRST = 784 * 512, OTHERS = 512 * 512 + 512 * 10 };

const models_network models_mlp = {.name = "mlp",
                                   .network = network,
                                   .output = "logits",
                                   .rank = 1,
                                   .shape = {10},
                                   .batch = 128,
                                   .rows = 8192,
                                   .chunk = 96,
                                   .work = {FIRST + OTHERS, 2 * FIRST + 3 * OTHERS, FIRST + OTHERS, 1},
                                   .data = data};
