/* gpt.c - a small transformer learns to write: two blocks, characters of licences. It then writes some text, one character at a time. Source: Radford et al. 2019. */
#include "text.h"

enum { TIME = 64, WIDTH = 64, STEPS = 1000, WRITTEN = 300 };

static void network(nn_model *m, void *ctx) {
  (void)ctx;
  ag_graph *g = nn_graph(m);
  ag_ref text = nn_input_typed(m, "text", TN_I32, 1, (int64_t[]){TIME});
  ag_ref next = nn_input_typed(m, "next", TN_I32, 1, (int64_t[]){TIME});
  ag_ref x = nn_learned_positions(m, "positions",
                                  nn_embedding(m, "characters", text, CHARACTERS, WIDTH, NULL), TIME);
  const nn_transformer_options block = {.attention = {.causal = true}};
  x = nn_transformer(m, "block/1", nn_transformer(m, "block/0", x, 4, &block), 4, &block);
  ag_ref logits = nn_dense(m, "readout", nn_layer_norm(m, "norm", x, NULL), CHARACTERS, NULL);
  ag_ref loss = nn_sparse_cross_entropy(m, logits, next, NULL);
  nn_output(m, "share", ag_softmax(g, logits, -1));
  nn_report(m, "cross-entropy", loss);
  nn_adam(m, loss, &(nn_adam_options){.lr = 3e-3});
}

/* Reads the last TIME characters and draws the next one. */
static void write_text(nn_trainer *t, const char *start) {
  static int32_t window[1][TIME];
  static float share[1][TIME][CHARACTERS];
  for (int i = 0; i < TIME; i++) window[0][i] = start[i];
  nn_column columns[] = {{"text", tn_matrix(window, TN_I32, 1, TIME)}};
  for (uint64_t i = 0; i < WRITTEN; i++) {
    NEED(nn_trainer_predict(t, &(nn_feed){.columns = columns, .n = 1}, "share",
                            tn_view_of(share, TN_F32, 3, (int64_t[]){1, TIME, CHARACTERS})),
         "predict");
    int c = draw_character(share[0][TIME - 1], i);
    memmove(window[0], window[0] + 1, (TIME - 1) * sizeof window[0][0]);
    window[0][TIME - 1] = c;
    putchar(c);
  }
  putchar('\n');
}

int main(void) {
  long train, n;
  char *text = learned_text(&train), *unseen = unseen_text(&n);
  excerpts e = new_excerpts(TIME);
  nn_model *m;
  nn_trainer *t;
  NEED(nn_model_new(&(nn_model_options){.batch = BATCH}, network, NULL, &m), nn_error(m));
  nn_state *s = new_state(m, 1);
  NEED(nn_trainer_new(m, s, &(nn_trainer_options){.seed = 1}, &t), nn_state_error(s));
  learn(t, s, &e, text, train, STEPS, 3e-3);
  double loss = judge(t, s, &e, unseen, n);
  write_text(t, unseen);
  nn_trainer_free(t), nn_state_free(s), nn_model_free(m);
  free(text), free(unseen), free(e.here), free(e.next);
  return figure("1 / perplexity", exp(-loss), 0.15);
}
