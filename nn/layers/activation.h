/* activation.h - elementwise activations by name. */
#ifndef NABLA_NN_LAYERS_ACTIVATION_H
#define NABLA_NN_LAYERS_ACTIVATION_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum nn_activation {
  NN_LINEAR,
  NN_ELU,
  NN_RELU,
  NN_TANH,
  NN_SIGMOID,
  NN_SELU,
  NN_SILU,
  NN_GELU,
  NN_SOFTPLUS,
  NN_GELU_EXACT, /* by erf: PyTorch's default */
  NN_RELU6,
  NN_LEAKY_RELU, /* slope 0.01 */
  NN_CELU,       /* alpha 1 */
  NN_MISH,
  NN_SOFTSIGN,
  NN_HARD_TANH, /* cut at -1 and 1 */
  NN_HARD_SIGMOID,
  NN_HARD_SWISH,
  NN_LOG_SIGMOID,
  NN_TANH_SHRINK
} nn_activation;

/* Elementwise, with PyTorch's formulas; ELU with alpha 1, GELU in the tanh form. */
ag_ref nn_activate(nn_model *m, ag_ref x, nn_activation f);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the row of the table */
NN_LAYER(activation)
#endif
