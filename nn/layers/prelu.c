/* prelu.c - see prelu.h. */
#include "prelu.h"

#include "../init/constant.h"
#include "../model/text.h"

ag_ref nn_prelu(nn_model *m, const char *name, ag_ref x, bool shared) {
  if (!nn_enter(m, "nn_prelu", name)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  char have[NN_SHAPE_TEXT];
  if (t.rank < 2)
    return nn_refuse(m, TN_ESHAPE, "the input must be [batch, ..., channels], not %s",
                     nn_shape_text(have, t.rank, t.shape));
  int64_t slopes = shared ? 1 : t.shape[t.rank - 1];
  ag_ref slope = nn_parameter_as(m, "slope", 1, &slopes, nn_init_constant(0.25));
  return nn_leave(m, ag_where(g, ag_greater(g, x, ag_like(g, x, 0)), x, ag_mul(g, x, slope)));
}

ag_ref nn_glu(nn_model *m, ag_ref x) {
  if (!nn_building(m)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  char have[NN_SHAPE_TEXT];
  if (t.rank < 1 || t.shape[t.rank - 1] % 2) {
    nn_fail(m, TN_ESHAPE, "nn_glu: the last axis of %s cannot be halved",
            nn_shape_text(have, t.rank, t.shape));
    return (ag_ref){0};
  }
  int64_t half = t.shape[t.rank - 1] / 2;
  ag_ref gate = ag_sigmoid(g, ag_slice(g, x, t.rank - 1, half, half));
  return ag_mul(g, ag_slice(g, x, t.rank - 1, 0, half), gate);
}

static ag_ref each(nn_model *m, const ag_ref *in) { return nn_prelu(m, "prelu", in[0], false); }
static ag_ref shared(nn_model *m, const ag_ref *in) { return nn_prelu(m, "prelu", in[0], true); }
static ag_ref glu(nn_model *m, const ag_ref *in) { return nn_glu(m, in[0]); }

static const nn_sample samples[] = {
    {.name = "each channel", .n_in = 1, .in = {{.rank = 3, .shape = {2, 3, 4}}}, .build = each},
    {.name = "shared", .n_in = 1, .in = {{.rank = 2, .shape = {3, 4}}}, .build = shared}};
static const nn_sample glu_samples[] = {
    {.name = "vectors", .n_in = 1, .in = {{.rank = 2, .shape = {3, 6}}}, .build = glu}};

const nn_row nn_layer_prelu = {"nn_prelu", "A rectifier with a trained slope below 0.", samples, 2};
const nn_row nn_layer_glu = {"nn_glu", "The gated linear unit: half of the channels gate the others.",
                             glu_samples, 1};
