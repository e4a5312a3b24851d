/* lstm.h - long short-term memory. */
#ifndef NABLA_NN_LAYERS_LSTM_H
#define NABLA_NN_LAYERS_LSTM_H

#include "recurrent.h"

#ifdef __cplusplus
extern "C" {
#endif

/* i, f, o = sigmoid(...), g = tanh(...) of x kernel + bias + h recurrent; c = f c + i g, h = o tanh(c). Parameters
 * "kernel" [in, 4 units], "bias" [4 units] (the f part 1 at first, the rest 0), "recurrent" [units, 4 units], columns in
 * the order i, f, g, o, as in PyTorch (transposed, its two biases added) and Keras. State 0 is h, 1 is c.
 * Hochreiter & Schmidhuber 1997; Gers, Schmidhuber & Cummins 2000. */
ag_ref nn_lstm(nn_model *m, const char *name, ag_ref x, int64_t units, const nn_recurrent_options *options);
/* One step: see nn_recurrent_step. */
ag_ref nn_lstm_cell(nn_model *m, const char *name, ag_ref x, int64_t units, const ag_ref *state,
                    ag_ref *next);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the row of the table */
NN_LAYER(lstm)
#endif
