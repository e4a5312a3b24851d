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
  NN_SOFTPLUS
} nn_activation;
ag_ref nn_activate(nn_model *m, ag_ref x, nn_activation f); /* elementwise; ELU with alpha 1 */

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the row of the table */
NN_LAYER(activation)
#endif
