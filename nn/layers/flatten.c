/* flatten.c - see flatten.h. */
#include "flatten.h"

#include "../model/text.h"

ag_ref nn_flatten(nn_model *m, ag_ref x) {
  if (!nn_building(m)) return (ag_ref){0};
  ag_type t = ag_type_of(nn_graph(m), x);
  if (t.rank < 1) {
    nn_fail(m, TN_ESHAPE, "nn_flatten: the input must be [batch, ...], not []");
    return (ag_ref){0};
  }
  return ag_reshape(nn_graph(m), x, 2, (int64_t[]){t.shape[0], tn_numel(t.rank - 1, t.shape + 1)});
}

ag_ref nn_pixel_shuffle(nn_model *m, ag_ref x, int64_t r) {
  if (!nn_building(m)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  char have[NN_SHAPE_TEXT];
  if (t.rank != 4 || r < 1 || t.shape[3] % (r * r)) {
    nn_fail(m, TN_ESHAPE,
            "nn_pixel_shuffle: the input must be [batch, height, width, channels %lld^2], not %s",
            (long long)r, nn_shape_text(have, t.rank, t.shape));
    return (ag_ref){0};
  }
  int64_t channels = t.shape[3] / (r * r);
  x = ag_reshape(g, x, 6, (int64_t[]){t.shape[0], t.shape[1], t.shape[2], channels, r, r});
  x = ag_transpose(g, x, (int[]){0, 1, 4, 2, 5, 3});
  return ag_reshape(g, x, 4, (int64_t[]){t.shape[0], t.shape[1] * r, t.shape[2] * r, channels});
}

static ag_ref flat(nn_model *m, const ag_ref *in) { return nn_flatten(m, in[0]); }
static ag_ref shuffled(nn_model *m, const ag_ref *in) { return nn_pixel_shuffle(m, in[0], 2); }

static const nn_sample samples[] = {
    {.name = "image", .n_in = 1, .in = {{.rank = 4, .shape = {2, 3, 2, 2}}}, .build = flat}};
static const nn_sample shuffle_samples[] = {
    {.name = "image", .n_in = 1, .in = {{.rank = 4, .shape = {2, 3, 2, 8}}}, .build = shuffled}};

const nn_row nn_layer_flatten = {"nn_flatten", "Reshapes each example to one vector.", samples, 1};
const nn_row nn_layer_pixel_shuffle = {
    "nn_pixel_shuffle", "Moves channels into height and width (sub-pixel up-sampling).", shuffle_samples, 1};
