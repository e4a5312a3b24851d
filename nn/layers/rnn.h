/* rnn.h - the simple recurrent layer. */
#ifndef NABLA_NN_LAYERS_RNN_H
#define NABLA_NN_LAYERS_RNN_H

#include "recurrent.h"

#ifdef __cplusplus
extern "C" {
#endif

/* h = tanh(x kernel + bias + h recurrent), or relu in place of tanh. Parameters "kernel" [in, units], "bias" [units],
 * "recurrent" [units, units], orthogonal at first. Elman 1990. */
typedef struct nn_rnn_options {
  nn_recurrent_options sequence;
  bool relu;
} nn_rnn_options;
ag_ref nn_rnn(nn_model *m, const char *name, ag_ref x, int64_t units, const nn_rnn_options *options);
/* One step: see nn_recurrent_step. */
ag_ref nn_rnn_cell(nn_model *m, const char *name, ag_ref x, int64_t units, ag_ref h);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the row of the table */
NN_LAYER(rnn)
#endif
