/* local_response_norm.c - see local_response_norm.h. */
#include "local_response_norm.h"

#include "../model/text.h"

ag_ref nn_local_response_norm(nn_model *m, const char *name, ag_ref x, const nn_local_response_options *o) {
  if (!nn_enter(m, "nn_local_response_norm", name)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type t = ag_type_of(g, x);
  const int64_t size = o->size;
  char have[NN_SHAPE_TEXT];
  if (t.rank < 2 || size < 1)
    return nn_refuse(m, TN_ESHAPE,
                     "the input must be [batch, ..., channels] and the window at least 1, not %s and %lld",
                     nn_shape_text(have, t.rank, t.shape), (long long)size);
  ag_ref around = ag_window(g, ag_square(g, x), t.rank - 1, size, 1, 1, size / 2, (size - 1) / 2);
  ag_ref mean = ag_scale(g, ag_sum_axis(g, around, -1, false), 1 / (double)size);
  ag_ref strength = ag_pow(g, ag_offset(g, ag_scale(g, mean, o->alpha), o->k), o->beta);
  return nn_leave(m, ag_div(g, x, strength));
}

static ag_ref three(nn_model *m, const ag_ref *in) {
  return nn_local_response_norm(m, "lrn", in[0], &(nn_local_response_options){3, 0.5, 0.75, 1});
}

static const nn_sample samples[] = {
    {.name = "images", .n_in = 1, .in = {{.rank = 4, .shape = {2, 2, 2, 5}}}, .build = three}};

const nn_row nn_layer_local_response_norm = {
    "nn_local_response_norm", "Divides each channel by the strength of its neighbours.", samples, 1};
