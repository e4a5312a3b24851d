/* residual.c - see residual.h. */
#include "residual.h"

#include "../model/text.h"
#include "dense.h"

ag_ref nn_residual(nn_model *m, const char *name, ag_ref x, ag_ref y) {
  if (!nn_enter(m, "nn_residual", name)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type a = ag_type_of(g, x), b = ag_type_of(g, y);
  char have[NN_SHAPE_TEXT], want[NN_SHAPE_TEXT];
  if (a.rank < 2 || a.rank != b.rank || !tn_same_shape(a.rank - 1, a.shape, b.rank - 1, b.shape))
    return nn_refuse(m, TN_ESHAPE, "%s cannot be added to %s: all axes but the last must agree",
                     nn_shape_text(have, a.rank, a.shape), nn_shape_text(want, b.rank, b.shape));
  int64_t channels = b.shape[b.rank - 1];
  if (a.shape[a.rank - 1] != channels)
    x = nn_dense(m, "project", x, channels, &(nn_dense_options){.no_bias = true});
  return nn_leave(m, ag_add(g, y, x));
}

static ag_ref same(nn_model *m, const ag_ref *in) {
  return nn_residual(m, "sum", in[0], ag_tanh(nn_graph(m), in[0]));
}
static ag_ref wider(nn_model *m, const ag_ref *in) { return nn_residual(m, "sum", in[0], in[1]); }

static const nn_sample samples[] = {
    {.name = "same", .n_in = 1, .in = {{.rank = 2, .shape = {3, 4}}}, .build = same},
    {.name = "wider",
     .n_in = 2,
     .in = {{.rank = 3, .shape = {2, 3, 4}}, {.rank = 3, .shape = {2, 3, 5}}},
     .build = wider},
};

const nn_row nn_layer_residual = {"nn_residual", "Adds the input of a block to its result.", samples, 2};
