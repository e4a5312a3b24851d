/* transformer.c - see transformer.h. */
#include "transformer.h"

#include "../model/text.h"
#include "dense.h"
#include "dropout.h"
#include "layer_norm.h"

static ag_ref norm(nn_model *m, const char *name, ag_ref x, const nn_transformer_options *o) {
  return o->rms ? nn_rms_norm(m, name, x, NULL) : nn_layer_norm(m, name, x, NULL);
}

static ag_ref feed_forward(nn_model *m, ag_ref x, int64_t channels, const nn_transformer_options *o) {
  nn_activation activation = o->activation == NN_LINEAR ? NN_GELU : o->activation;
  ag_ref h = nn_dense(m, "dense1", x, o->hidden ? o->hidden : 4 * channels, NULL);
  h = nn_dropout(m, "dropout_hidden", nn_activate(m, h, activation), o->dropout);
  return nn_dense(m, "dense2", h, channels, NULL);
}

/* The parts of a layer: attention, attention to memory, dense layers. */
enum { PARTS = 3 };
static ag_ref part(nn_model *m, int which, ag_ref x, int64_t heads, const nn_transformer_options *o) {
  ag_type t = ag_type_of(nn_graph(m), x);
  nn_attention_options memory = {
      .memory = o->memory, .key_mask = o->memory_mask, .dropout = o->attention.dropout};
  if (which == 0) return nn_attention(m, "attention", x, heads, &o->attention);
  if (which == 1) return nn_attention(m, "attention_memory", x, heads, &memory);
  return feed_forward(m, x, t.shape[2], o);
}

ag_ref nn_transformer(nn_model *m, const char *name, ag_ref x, int64_t heads,
                      const nn_transformer_options *options) {
  static const nn_transformer_options defaults = {0};
  static const char *const norms[PARTS] = {"norm1", "norm_memory", "norm2"};
  static const char *const drops[PARTS] = {"dropout1", "dropout_memory", "dropout2"};
  const nn_transformer_options *o = options ? options : &defaults;
  if (!nn_enter(m, "nn_transformer", name)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  char have[NN_SHAPE_TEXT];
  if (t.rank != 3 || o->attention.memory.id || o->hidden < 0)
    return nn_refuse(m, TN_ESHAPE,
                     "the input must be [batch, time, channels], not %s; memory is an option of its own",
                     nn_shape_text(have, t.rank, t.shape));
  for (int p = 0; p < PARTS; p++) {
    if (p == 1 && !o->memory.id) continue;
    ag_ref read = o->post_norm ? x : norm(m, norms[p], x, o);
    ag_ref added = nn_dropout(m, drops[p], part(m, p, read, heads, o), o->dropout);
    x = ag_add(g, x, added);
    if (o->post_norm) x = norm(m, norms[p], x, o);
  }
  return nn_leave(m, x);
}

/* ---- samples ------------------------------------------------------------------------------------------- */

static ag_ref encoder(nn_model *m, const ag_ref *in) {
  nn_transformer_options o = {.hidden = 5, .activation = NN_TANH, .post_norm = true};
  return nn_transformer(m, "block", in[0], 2, &o);
}
static ag_ref decoder(nn_model *m, const ag_ref *in) {
  nn_transformer_options o = {.attention.causal = true, .memory = in[1], .hidden = 5};
  return nn_transformer(m, "block", in[0], 2, &o);
}
static ag_ref dropped(nn_model *m, const ag_ref *in) {
  nn_transformer_options o = {.attention.dropout = 0.3, .hidden = 5, .dropout = 0.2, .rms = true};
  return nn_transformer(m, "block", in[0], 1, &o);
}

static const nn_sample samples[] = {
    {.name = "encoder, post-norm", .n_in = 1, .in = {{.rank = 3, .shape = {2, 3, 4}}}, .build = encoder},
    {.name = "decoder, pre-norm",
     .n_in = 2,
     .in = {{.rank = 3, .shape = {2, 3, 4}}, {.rank = 3, .shape = {2, 2, 4}}},
     .build = decoder},
    {.name = "dropout, RMS norm", .n_in = 1, .in = {{.rank = 3, .shape = {2, 3, 4}}}, .build = dropped},
};

const nn_row nn_layer_transformer = {
    "nn_transformer", "A transformer block: attention and two dense layers, each with a residual connection.",
    samples, 3};
