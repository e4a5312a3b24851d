/* rnn.c - see rnn.h. */
#include "rnn.h"

#include "../init/orthogonal.h"

static void declare(nn_model *m, int64_t units, ag_ref *weights, const void *options) {
  (void)options;
  weights[0] = nn_parameter_as(m, "recurrent", 2, (int64_t[]){units, units}, nn_init_orthogonal(1));
}

static void step(const nn_cell_step *s) {
  ag_graph *g = s->g;
  const nn_rnn_options *o = s->options;
  ag_ref h = ag_add(g, s->projected, ag_contract(g, s->state[0], s->weights[0], false, false));
  s->next[0] = o->relu ? ag_relu(g, h) : ag_tanh(g, h);
}

static nn_cell cell_with(const nn_rnn_options *o) {
  return (nn_cell){.who = "nn_rnn",
                   .gates = 1,
                   .states = 1,
                   .n_weights = 1,
                   .declare = declare,
                   .step = step,
                   .options = o};
}
static const nn_rnn_options defaults = {0};

ag_ref nn_rnn(nn_model *m, const char *name, ag_ref x, int64_t units, const nn_rnn_options *options) {
  const nn_rnn_options *o = options ? options : &defaults;
  const nn_cell cell = cell_with(o);
  return nn_recurrent(m, name, x, units, &cell, &o->sequence);
}

ag_ref nn_rnn_cell(nn_model *m, const char *name, ag_ref x, int64_t units, ag_ref h) {
  ag_ref next[NN_CELL_STATES];
  const nn_cell cell = cell_with(&defaults);
  return nn_recurrent_step(m, name, x, units, &cell, (nn_recurrent_state){.now = &h, .next = next});
}

/* ---- samples ------------------------------------------------------------------------------------------- */

static ag_ref plain(nn_model *m, const ag_ref *in) { return nn_rnn(m, "rnn", in[0], 3, NULL); }
static ag_ref relu(nn_model *m, const ag_ref *in) {
  nn_rnn_options o = {.relu = true, .sequence = {.reverse = true, .last = true, .no_bias = true}};
  return nn_rnn(m, "rnn", in[0], 3, &o);
}
static ag_ref two_steps(nn_model *m, const ag_ref *in) {
  return nn_rnn_cell(m, "rnn", in[1], 3, nn_rnn_cell(m, "rnn", in[0], 3, (ag_ref){0}));
}

static const nn_sample samples[] = {
    {.name = "sequence", .n_in = 1, .in = {{.rank = 3, .shape = {2, 4, 3}}}, .build = plain},
    {.name = "relu, reverse, last", .n_in = 1, .in = {{.rank = 3, .shape = {2, 4, 3}}}, .build = relu},
    {.name = "two steps of the cell",
     .n_in = 2,
     .in = {{.rank = 2, .shape = {2, 3}}, {.rank = 2, .shape = {2, 3}}},
     .build = two_steps},
};

const nn_row nn_layer_rnn = {"nn_rnn", "The simple recurrent layer.", samples, 3};
