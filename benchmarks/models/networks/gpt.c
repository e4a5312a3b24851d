/* gpt.c - a transformer of six blocks over 256 bytes. Source: Radford et al. 2019. */
#include "../models.h"

enum { TIME = 256, BYTES = 256, WIDTH = 384, HEADS = 6, BLOCKS = 6 };

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_ref text = nn_input_typed(m, "text", TN_I32, 1, (int64_t[]){TIME});
  ag_ref next = nn_input_typed(m, "next", TN_I32, 1, (int64_t[]){TIME});
  ag_ref x = nn_learned_positions(m, "positions", nn_embedding(m, "bytes", text, BYTES, WIDTH, NULL), TIME);
  const nn_transformer_options block = {.attention = {.causal = true}};
  for (int k = 0; k < BLOCKS; k++) {
    char name[24];
    snprintf(name, sizeof name, "block/%d", k);
    x = nn_transformer(m, name, x, HEADS, &block);
  }
  ag_ref logits = nn_dense(m, "readout", nn_layer_norm(m, "norm", x, NULL), BYTES, NULL);
  ag_ref loss = nn_sparse_cross_entropy(m, logits, next, NULL);
  nn_initialize(m, "bytes/table", nn_init_normal(0, 0.02));
  nn_output(m, "logits", logits);
  nn_report(m, "loss", loss);
  nn_adam(m, loss, &(nn_adam_options){.lr = 3e-4, .epsilon = 1e-8, .torch_epsilon = true});
}

static int data(nn_column *c, int64_t rows) { return models_text(rows, TIME, BYTES, &c[0], &c[1]), 2; }

/* Of scores and values half is hidden: together TIME * WIDTH multiply-adds a query. */
enum { WEIGHTS = BLOCKS * 12 * WIDTH * WIDTH + WIDTH * BYTES, OF_PLACE = WEIGHTS + BLOCKS * TIME * WIDTH };
const models_network models_gpt = {.name = "gpt",
                                   .network = network,
                                   .output = "logits",
                                   .rank = 2,
                                   .shape = {TIME, BYTES},
                                   .batch = 8,
                                   .rows = 256,
                                   .chunk = 2,
                                   .work = {(double)TIME * OF_PLACE, 3.0 * TIME *OF_PLACE, WEIGHTS, 1},
                                   .data = data};
