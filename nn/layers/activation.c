/* activation.c - see activation.h. */
#include "activation.h"

static ag_ref elu(ag_graph *g, ag_ref x) { return ag_elu(g, x, 1); }
static ag_ref linear(ag_graph *g, ag_ref x) { return (void)g, x; }

ag_ref nn_activate(nn_model *m, ag_ref x, nn_activation f) {
  static ag_ref (*const functions[])(ag_graph *, ag_ref) = {
      [NN_LINEAR] = linear,        [NN_ELU] = elu,      [NN_RELU] = ag_relu, [NN_TANH] = ag_tanh,
      [NN_SIGMOID] = ag_sigmoid,   [NN_SELU] = ag_selu, [NN_SILU] = ag_silu, [NN_GELU] = ag_gelu,
      [NN_SOFTPLUS] = ag_softplus,
  };
  if (!nn_building(m)) return (ag_ref){0};
  if ((unsigned)f >= sizeof functions / sizeof *functions) {
    nn_fail(m, TN_EINVAL, "nn_activate: there is no activation %d", (int)f);
    return (ag_ref){0};
  }
  return functions[f](nn_graph(m), x);
}

static ag_ref tanh_of(nn_model *m, const ag_ref *in) { return nn_activate(m, in[0], NN_TANH); }
static ag_ref gelu_of(nn_model *m, const ag_ref *in) { return nn_activate(m, in[0], NN_GELU); }

static const nn_sample samples[] = {
    {.name = "tanh", .n_in = 1, .in = {{.rank = 2, .shape = {4, 3}}}, .build = tanh_of},
    {.name = "gelu", .n_in = 1, .in = {{.rank = 3, .shape = {2, 2, 3}}}, .build = gelu_of},
};

const nn_row nn_layer_activation = {"nn_activate", "An elementwise function, chosen by name.", samples, 2};
