/* activation.c - see activation.h. */
#include "activation.h"

static ag_ref elu(ag_graph *g, ag_ref x) { return ag_elu(g, x, 1); }
static ag_ref celu(ag_graph *g, ag_ref x) { return ag_celu(g, x, 1); }
static ag_ref leaky(ag_graph *g, ag_ref x) { return ag_leaky_relu(g, x, 0.01); }
static ag_ref hard_tanh(ag_graph *g, ag_ref x) { return ag_hardtanh(g, x, -1, 1); }
static ag_ref linear(ag_graph *g, ag_ref x) { return (void)g, x; }

ag_ref nn_activate(nn_model *m, ag_ref x, nn_activation f) {
  static ag_ref (*const functions[])(ag_graph *, ag_ref) = {
      [NN_LINEAR] = linear,
      [NN_ELU] = elu,
      [NN_RELU] = ag_relu,
      [NN_TANH] = ag_tanh,
      [NN_SIGMOID] = ag_sigmoid,
      [NN_SELU] = ag_selu,
      [NN_SILU] = ag_silu,
      [NN_GELU] = ag_gelu,
      [NN_SOFTPLUS] = ag_softplus,
      [NN_GELU_EXACT] = ag_gelu_exact,
      [NN_RELU6] = ag_relu6,
      [NN_LEAKY_RELU] = leaky,
      [NN_CELU] = celu,
      [NN_MISH] = ag_mish,
      [NN_SOFTSIGN] = ag_softsign,
      [NN_HARD_TANH] = hard_tanh,
      [NN_HARD_SIGMOID] = ag_hardsigmoid,
      [NN_HARD_SWISH] = ag_hardswish,
      [NN_LOG_SIGMOID] = ag_logsigmoid,
      [NN_TANH_SHRINK] = ag_tanhshrink,
  };
  if (!nn_building(m)) return (ag_ref){0};
  if ((unsigned)f >= sizeof functions / sizeof *functions) {
    nn_fail(m, TN_EINVAL, "nn_activate: there is no activation %d", (int)f);
    return (ag_ref){0};
  }
  return functions[f](nn_graph(m), x);
}

/* ---- samples ------------------------------------------------------------------------------------------- */

#define ACTIVATION(NAME, F)                                                                                  \
  static ag_ref NAME(nn_model *m, const ag_ref *in) { return nn_activate(m, in[0], F); }
ACTIVATION(tanh_of, NN_TANH)
ACTIVATION(gelu_of, NN_GELU)
ACTIVATION(elu_of, NN_ELU)
ACTIVATION(relu_of, NN_RELU)
ACTIVATION(sigmoid_of, NN_SIGMOID)
ACTIVATION(selu_of, NN_SELU)
ACTIVATION(silu_of, NN_SILU)
ACTIVATION(softplus_of, NN_SOFTPLUS)
ACTIVATION(gelu_by_erf_of, NN_GELU_EXACT)
ACTIVATION(relu6_of, NN_RELU6)
ACTIVATION(leaky_relu_of, NN_LEAKY_RELU)
ACTIVATION(celu_of, NN_CELU)
ACTIVATION(mish_of, NN_MISH)
ACTIVATION(softsign_of, NN_SOFTSIGN)
ACTIVATION(hard_tanh_of, NN_HARD_TANH)
ACTIVATION(hard_sigmoid_of, NN_HARD_SIGMOID)
ACTIVATION(hard_swish_of, NN_HARD_SWISH)
ACTIVATION(log_sigmoid_of, NN_LOG_SIGMOID)
ACTIVATION(tanh_shrink_of, NN_TANH_SHRINK)

#define SAMPLE(NAME, F)                                                                                      \
  { .name = NAME, .n_in = 1, .in = {{.rank = 2, .shape = {4, 5}, .low = -5, .high = 5}}, .build = F }
static const nn_sample samples[] = {
    {.name = "tanh", .n_in = 1, .in = {{.rank = 2, .shape = {4, 3}}}, .build = tanh_of},
    {.name = "gelu", .n_in = 1, .in = {{.rank = 3, .shape = {2, 2, 3}}}, .build = gelu_of},
    SAMPLE("elu", elu_of),
    SAMPLE("relu", relu_of),
    SAMPLE("sigmoid", sigmoid_of),
    SAMPLE("selu", selu_of),
    SAMPLE("silu", silu_of),
    SAMPLE("softplus", softplus_of),
    SAMPLE("gelu by erf", gelu_by_erf_of),
    SAMPLE("relu6", relu6_of),
    SAMPLE("leaky relu", leaky_relu_of),
    SAMPLE("celu", celu_of),
    SAMPLE("mish", mish_of),
    SAMPLE("softsign", softsign_of),
    SAMPLE("hard tanh", hard_tanh_of),
    SAMPLE("hard sigmoid", hard_sigmoid_of),
    SAMPLE("hard swish", hard_swish_of),
    SAMPLE("log sigmoid", log_sigmoid_of),
    SAMPLE("tanh shrink", tanh_shrink_of),
};

const nn_row nn_layer_activation = {"nn_activate", "An elementwise function, chosen by name.", samples,
                                    (int)(sizeof samples / sizeof *samples)};
