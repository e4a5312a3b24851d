/* dense.c - see dense.h. A layer is a composition of public calls. */
#include "dense.h"

#include "../model/text.h"

ag_ref nn_dense(nn_model *m, const char *name, ag_ref x, int64_t units, const nn_dense_options *options) {
  static const nn_dense_options defaults = {0};
  const nn_dense_options *o = options ? options : &defaults;
  if (!nn_enter(m, "nn_dense", name)) return (ag_ref){0};
  ag_graph *g = nn_graph(m);
  ag_type type = ag_type_of(g, x);
  char have[NN_SHAPE_TEXT];
  nn_shape_text(have, type.rank, type.shape);
  if (type.rank < 2) return nn_refuse(m, TN_ESHAPE, "the input must be [batch, ..., in], not %s", have);
  if (type.dtype != TN_F32 && type.dtype != TN_F64)
    return nn_refuse(m, TN_ETYPE, "the input must be floats, not %s %s; ag_cast makes floats of integers",
                     tn_dtype_name(type.dtype), have);
  nn_init init = o->kernel == NN_ZEROS ? NN_GLOROT_UNIFORM : o->kernel;
  ag_ref k = nn_parameter(m, "kernel", 2, (int64_t[]){type.shape[type.rank - 1], units}, init);
  ag_ref y = ag_contract(g, x, k, false, false);
  if (!o->no_bias) y = ag_add(g, y, nn_parameter(m, "bias", 1, &units, NN_ZEROS));
  return nn_leave(m, y);
}

static ag_ref plain(nn_model *m, const ag_ref *in) { return nn_dense(m, "dense", in[0], 5, NULL); }

static ag_ref without_bias(nn_model *m, const ag_ref *in) {
  return nn_dense(m, "dense", in[0], 1, &(nn_dense_options){.kernel = NN_HE_NORMAL, .no_bias = true});
}

static const nn_sample samples[] = {
    {.name = "plain", .n_in = 1, .in = {{.rank = 2, .shape = {4, 3}}}, .build = plain},
    {.name = "one unit, no bias", .n_in = 1, .in = {{.rank = 2, .shape = {2, 6}}}, .build = without_bias},
    {.name = "sequence", .n_in = 1, .in = {{.rank = 3, .shape = {2, 3, 4}}}, .build = plain},
};

const nn_row nn_layer_dense = {"nn_dense", "The fully connected layer: x kernel + bias.", samples, 3};
