/* gru.h - the gated recurrent unit. */
#ifndef NABLA_NN_LAYERS_GRU_H
#define NABLA_NN_LAYERS_GRU_H

#include "recurrent.h"

#ifdef __cplusplus
extern "C" {
#endif

/* r = sigmoid(x W_r + h U_r), z = sigmoid(x W_z + h U_z), n = tanh(x W_n + b + r * (h U_n + c)), h = (1 - z) n + z h.
 * Parameters "kernel" [in, 3 units], "bias" [3 units], "recurrent" [units, 3 units], "recurrent_bias" [units] (c
 * above), columns in the order r, z, n: PyTorch's, transposed, where bias holds bias_ih, with bias_hh added for r and
 * z. Keras' order is z, r, n. Cho et al. 2014. */
typedef struct nn_gru_options {
  nn_recurrent_options sequence;
  /* The form of Cho et al.: n = tanh(x W_n + b + (r * h) U_n), without recurrent_bias. Keras: reset_after=False. */
  bool reset_before;
} nn_gru_options;
ag_ref nn_gru(nn_model *m, const char *name, ag_ref x, int64_t units, const nn_gru_options *options);
/* One step: see nn_recurrent_step. */
ag_ref nn_gru_cell(nn_model *m, const char *name, ag_ref x, int64_t units, ag_ref h,
                   const nn_gru_options *options);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the row of the table */
NN_LAYER(gru)
#endif
