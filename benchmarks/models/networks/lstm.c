/* lstm.c - a model of characters: one LSTM of 256 units over 128 places. */
#include "../models.h"

enum { TIME = 128, CHARACTERS = 96 };

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_ref text = nn_input_typed(m, "text", TN_I32, 1, (int64_t[]){TIME});
  ag_ref next = nn_input_typed(m, "next", TN_I32, 1, (int64_t[]){TIME});
  ag_ref h = nn_lstm(m, "lstm", nn_embedding(m, "characters", text, CHARACTERS, 64, NULL), 256, NULL);
  ag_ref logits = nn_dense(m, "readout", h, CHARACTERS, NULL);
  ag_ref loss = nn_sparse_cross_entropy(m, logits, next, NULL);
  nn_output(m, "logits", logits);
  nn_report(m, "loss", loss);
  nn_adam(m, loss, &(nn_adam_options){.lr = 1e-3, .epsilon = 1e-8, .torch_epsilon = true});
}

static int data(nn_column *c, int64_t rows) { return models_text(rows, TIME, CHARACTERS, &c[0], &c[1]), 2; }

enum { STEP = 256 * 4 * 256, OTHERS = 64 * 4 * 256 + 256 * CHARACTERS };

const models_network models_lstm = {
    .name = "lstm",
    .network = network,
    .output = "logits",
    .rank = 2,
    .shape = {TIME, CHARACTERS},
    .batch = 32,
    .rows = 512,
    .chunk = 8,
    .work = {TIME * (STEP + OTHERS), 3 * TIME *(STEP + OTHERS), STEP + OTHERS, TIME},
    .data = data};
