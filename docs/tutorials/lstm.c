/* lstm.c - a recurrent network learns to write text, character by character. Then it writes some, one step of
 * the cell at a time, with its state carried from call to call. Source: Hochreiter & Schmidhuber 1997; Graves
 * 2013. */
#include "text.h"

enum { TIME = 48, UNITS = 128, STEPS = 600, WRITTEN = 300 };

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref text = nn_input_typed(m, "text", TN_I32, 1, (int64_t[]){TIME});
  ag_ref next = nn_input_typed(m, "next", TN_I32, 1, (int64_t[]){TIME});
  ag_ref h = nn_lstm(m, "lstm", nn_embedding(m, "characters", text, CHARACTERS, 32, NULL), UNITS, NULL);
  ag_ref logits = nn_dense(m, "readout", h, CHARACTERS, NULL);
  ag_ref loss = nn_sparse_cross_entropy(m, logits, next, NULL);
  nn_report(m, "cross-entropy", loss);
  nn_adam(m, loss, &(nn_adam_options){.lr = 5e-3});

  /* The writer has the same names, and so the same weights. */
  ag_ref one = nn_input_typed(m, "character", TN_I32, 0, NULL), now[NN_CELL_STATES];
  const ag_ref state[NN_CELL_STATES] = {nn_input(m, "h", 1, (int64_t[]){UNITS}),
                                        nn_input(m, "c", 1, (int64_t[]){UNITS})};
  ag_ref y =
      nn_lstm_cell(m, "lstm", nn_embedding(m, "characters", one, CHARACTERS, 32, NULL), UNITS, state, now);
  nn_output(m, "share", ag_softmax(g, nn_dense(m, "readout", y, CHARACTERS, NULL), -1));
  nn_output(m, "next h", now[0]);
  nn_output(m, "next c", now[1]);
}

static void write_text(nn_trainer *t, const char *start) {
  static float h[UNITS], c[UNITS], share[CHARACTERS], next[2][UNITS];
  static int32_t character;
  const nn_column columns[] = {{"character", tn_view_of(&character, TN_I32, 1, (int64_t[]){1})},
                               {"h", tn_matrix(h, TN_F32, 1, UNITS)},
                               {"c", tn_matrix(c, TN_F32, 1, UNITS)}};
  const nn_feed batch = {.columns = columns, .n = 3};
  for (uint64_t i = 0; i < WRITTEN; i++) {
    if (i < 40) character = start[i]; /* it reads a little first */
    NEED(nn_trainer_predict(t, &batch, "share", tn_matrix(share, TN_F32, 1, CHARACTERS)), "share");
    NEED(nn_trainer_predict(t, &batch, "next h", tn_matrix(next[0], TN_F32, 1, UNITS)), "next h");
    NEED(nn_trainer_predict(t, &batch, "next c", tn_matrix(next[1], TN_F32, 1, UNITS)), "next c");
    memcpy(h, next[0], sizeof h), memcpy(c, next[1], sizeof c);
    character = draw_character(share, i);
    if (i >= 39) putchar(character);
  }
  putchar('\n');
}

/* The same lines as in gpt.c: each program can be read, and copied, by itself. */
int main(void) {
  long train, n;
  char *text = learned_text(&train), *unseen = unseen_text(&n);
  excerpts e = new_excerpts(TIME);
  nn_model *m;
  nn_trainer *t;
  NEED(nn_model_new(&(nn_model_options){.batch = BATCH}, network, NULL, &m), nn_error(m));
  nn_state *s = new_state(m, 1);
  NEED(nn_trainer_new(m, s, &(nn_trainer_options){.seed = 1}, &t), nn_state_error(s));
  learn(t, s, &e, text, train, STEPS, 5e-3);
  double loss = judge(t, s, &e, unseen, n);
  write_text(t, unseen);
  nn_trainer_free(t), nn_state_free(s), nn_model_free(m);
  free(text), free(unseen), free(e.here), free(e.next);
  return figure("1 / perplexity", exp(-loss), 0.12);
}
