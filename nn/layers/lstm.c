/* lstm.c - see lstm.h. */
#include "lstm.h"

#include "../init/orthogonal.h"

static void declare(nn_model *m, int64_t units, ag_ref *weights, const void *options) {
  (void)options;
  weights[0] = nn_parameter_as(m, "recurrent", 2, (int64_t[]){units, 4 * units}, nn_init_orthogonal(1));
}

/* The columns of the gates: i, f, g, o (input, forget, cell, output). */
static void step(const nn_cell_step *s) {
  ag_graph *g = s->g;
  const int64_t n = s->units;
  ag_ref h = ag_contract(g, s->state[0], s->weights[0], false, false), gate[4];
  for (int k = 0; k < 4; k++) { /* the sums are made gate by gate, so that all elementwise ops fuse */
    gate[k] = ag_add(g, ag_slice(g, s->projected, 1, k * n, n), ag_slice(g, h, 1, k * n, n));
    gate[k] = k == 2 ? ag_tanh(g, gate[k]) : ag_sigmoid(g, gate[k]);
  }
  s->next[1] = ag_add(g, ag_mul(g, gate[1], s->state[1]), ag_mul(g, gate[0], gate[2]));
  s->next[0] = ag_mul(g, gate[3], ag_tanh(g, s->next[1]));
}

/* The bias starts as 1 for the forget gate, the second of four: a new LSTM keeps its state. */
static void remembering(tn_rng key, tn_view out, const double *args) {
  (void)key, (void)args;
  int64_t units = tn_view_numel(&out) / 4;
  for (int64_t i = 0; i < 4 * units; i++) tn_set(&out, i, i / units == 1);
}

static const nn_cell cell = {.who = "nn_lstm",
                             .gates = 4,
                             .states = 2,
                             .n_weights = 1,
                             .declare = declare,
                             .step = step,
                             .bias = {remembering, {0}}};

ag_ref nn_lstm(nn_model *m, const char *name, ag_ref x, int64_t units, const nn_recurrent_options *options) {
  return nn_recurrent(m, name, x, units, &cell, options);
}

ag_ref nn_lstm_cell(nn_model *m, const char *name, ag_ref x, int64_t units, const ag_ref *state,
                    ag_ref *next) {
  return nn_recurrent_step(m, name, x, units, &cell, (nn_recurrent_state){.now = state, .next = next});
}

/* ---- samples ------------------------------------------------------------------------------------------- */

static ag_ref plain(nn_model *m, const ag_ref *in) { return nn_lstm(m, "lstm", in[0], 3, NULL); }

/* [batch, 2 layers * units]: the last states of two layers, c beside h. */
static ag_ref states(nn_model *m, const ag_ref *in) {
  ag_graph *g = nn_graph(m);
  ag_ref last[NN_CELL_STATES];
  nn_recurrent_options o = {.layers = 2, .final = last};
  for (int k = 0; k < 2; k++) o.initial[k] = ag_transpose(g, in[1 + k], (int[]){1, 0, 2});
  nn_lstm(m, "lstm", in[0], 2, &o);
  return ag_transpose(g, ag_concat(g, last, 2, 2), (int[]){1, 0, 2});
}
static ag_ref bidirectional(nn_model *m, const ag_ref *in) {
  nn_recurrent_options o = {.bidirectional = true, .layers = 2};
  return nn_lstm(m, "lstm", in[0], 2, &o);
}
static ag_ref stacked(nn_model *m, const ag_ref *in) {
  nn_recurrent_options o = {.layers = 2, .dropout = 0.4, .last = true};
  return nn_lstm(m, "lstm", in[0], 2, &o);
}

/* An LSTM that starts from the states of the batch before. */
static ag_ref stateful(nn_model *m, const ag_ref *in) {
  return nn_lstm(m, "lstm", in[0], 2, &(nn_recurrent_options){.stateful = true});
}

static const nn_sample samples[] = {
    {.name = "sequence", .n_in = 1, .in = {{.rank = 3, .shape = {2, 4, 3}}}, .build = plain},
    {.name = "states",
     .n_in = 3,
     .in = {{.rank = 3, .shape = {2, 3, 3}},
            {.rank = 3, .shape = {2, 2, 2}},
            {.rank = 3, .shape = {2, 2, 2}}},
     .build = states},
    {.name = "bidirectional, two layers",
     .n_in = 1,
     .in = {{.rank = 3, .shape = {2, 3, 2}}},
     .build = bidirectional},
    {.name = "stacked, dropout, last", .n_in = 1, .in = {{.rank = 3, .shape = {2, 3, 2}}}, .build = stacked},
    {.name = "stateful",
     .n_in = 1,
     .in = {{.rank = 3, .shape = {2, 3, 2}}},
     .build = stateful,
     .order = -1,
     .fixed_batch = true},
};

const nn_row nn_layer_lstm = {"nn_lstm", "Long short-term memory.", samples, 5};
