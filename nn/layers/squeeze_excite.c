/* squeeze_excite.c - see squeeze_excite.h. */
#include "squeeze_excite.h"

#include "../model/text.h"
#include "dense.h"

ag_ref nn_squeeze_excite(nn_model *m, const char *name, ag_ref x, int64_t ratio) {
  if (!nn_enter(m, "nn_squeeze_excite", name)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  char have[NN_SHAPE_TEXT];
  if (t.rank < 3 || ratio < 1)
    return nn_refuse(
        m, TN_ESHAPE,
        "the input must be [batch, places..., channels] and the ratio at least 1, not %s and %lld",
        nn_shape_text(have, t.rank, t.shape), (long long)ratio);
  int64_t channels = t.shape[t.rank - 1], places = tn_numel(t.rank - 2, t.shape + 1);
  unsigned axes = ((1u << (t.rank - 1)) - 1) & ~1u;
  ag_ref mean = ag_scale(g, ag_sum(g, x, axes, false), 1 / (double)places);
  ag_ref h = nn_dense(m, "dense1", mean, channels / ratio > 0 ? channels / ratio : 1, NULL);
  ag_ref factor = ag_sigmoid(g, nn_dense(m, "dense2", ag_relu(g, h), channels, NULL));
  for (int a = 1; a < t.rank - 1; a++) t.shape[a] = 1;
  return nn_leave(m, ag_mul(g, x, ag_reshape(g, factor, t.rank, t.shape)));
}

static ag_ref half(nn_model *m, const ag_ref *in) { return nn_squeeze_excite(m, "se", in[0], 2); }

static const nn_sample samples[] = {
    {.name = "image", .n_in = 1, .in = {{.rank = 4, .shape = {2, 3, 2, 4}}}, .build = half}};

const nn_row nn_layer_squeeze_excite = {
    "nn_squeeze_excite", "Scales channels by factors that are computed from the whole image.", samples, 1};
