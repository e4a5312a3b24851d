/* gru.c - see gru.h. */
#include "gru.h"

#include "../init/orthogonal.h"

static ag_ref columns(ag_graph *g, ag_ref x, int which, int64_t units) {
  return ag_slice(g, x, 1, which * units, units);
}

static void declare(nn_model *m, int64_t units, ag_ref *weights, const void *options) {
  const nn_gru_options *o = options;
  weights[0] = nn_parameter_as(m, "recurrent", 2, (int64_t[]){units, 3 * units}, nn_init_orthogonal(1));
  weights[1] = o->reset_before || o->sequence.no_bias
                   ? weights[0] /* not read */
                   : nn_parameter(m, "recurrent_bias", 1, &units, NN_ZEROS);
}

/* The columns of the gates: r, z, n (reset, update, new). */
static void step(const nn_cell_step *s) {
  ag_graph *g = s->g;
  const nn_gru_options *o = s->options;
  const int64_t units = s->units;
  ag_ref x = s->projected, h = s->state[0], u = s->weights[0], n;
  ag_ref gates = o->reset_before ? ag_contract(g, h, ag_slice(g, u, 1, 0, 2 * units), false, false)
                                 : ag_contract(g, h, u, false, false);
  ag_ref r = ag_sigmoid(g, ag_add(g, columns(g, x, 0, units), columns(g, gates, 0, units)));
  ag_ref z = ag_sigmoid(g, ag_add(g, columns(g, x, 1, units), columns(g, gates, 1, units)));
  if (o->reset_before) {
    n = ag_contract(g, ag_mul(g, r, h), ag_slice(g, u, 1, 2 * units, units), false, false);
  } else {
    n = columns(g, gates, 2, units);
    if (!o->sequence.no_bias) n = ag_add(g, n, s->weights[1]);
    n = ag_mul(g, r, n);
  }
  n = ag_tanh(g, ag_add(g, columns(g, x, 2, units), n));
  s->next[0] = ag_add(g, n, ag_mul(g, z, ag_sub(g, h, n)));
}

static nn_cell cell_with(const nn_gru_options *o) {
  return (nn_cell){.who = "nn_gru",
                   .gates = 3,
                   .states = 1,
                   .n_weights = 2,
                   .declare = declare,
                   .step = step,
                   .options = o};
}
static const nn_gru_options defaults = {0};

ag_ref nn_gru(nn_model *m, const char *name, ag_ref x, int64_t units, const nn_gru_options *options) {
  const nn_gru_options *o = options ? options : &defaults;
  const nn_cell cell = cell_with(o);
  return nn_recurrent(m, name, x, units, &cell, &o->sequence);
}

ag_ref nn_gru_cell(nn_model *m, const char *name, ag_ref x, int64_t units, ag_ref h,
                   const nn_gru_options *options) {
  const nn_gru_options *o = options ? options : &defaults;
  ag_ref next[NN_CELL_STATES];
  const nn_cell cell = cell_with(o);
  return nn_recurrent_step(m, name, x, units, &cell, (nn_recurrent_state){&h, next, o->sequence.no_bias});
}

/* ---- samples ------------------------------------------------------------------------------------------- */

static ag_ref plain(nn_model *m, const ag_ref *in) { return nn_gru(m, "gru", in[0], 3, NULL); }
static ag_ref before(nn_model *m, const ag_ref *in) {
  return nn_gru(m, "gru", in[0], 3, &(nn_gru_options){.reset_before = true});
}
static ag_ref bidirectional(nn_model *m, const ag_ref *in) {
  nn_gru_options o = {.sequence = {.bidirectional = true, .mask = in[1]}};
  return nn_gru(m, "gru", in[0], 2, &o);
}

static const nn_sample samples[] = {
    {.name = "sequence", .n_in = 1, .in = {{.rank = 3, .shape = {2, 4, 3}}}, .build = plain},
    {.name = "reset before", .n_in = 1, .in = {{.rank = 3, .shape = {2, 3, 2}}}, .build = before},
    {.name = "bidirectional, mask",
     .n_in = 2,
     .in = {{.rank = 3, .shape = {2, 4, 3}},
            {.dtype = TN_U8, .rank = 2, .shape = {2, 4}, .low = 0, .high = 1}},
     .build = bidirectional},
};

const nn_row nn_layer_gru = {"nn_gru", "The gated recurrent unit.", samples, 3};
