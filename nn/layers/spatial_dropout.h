/* spatial_dropout.h - dropout of whole channels. */
#ifndef NABLA_NN_LAYERS_SPATIAL_DROPOUT_H
#define NABLA_NN_LAYERS_SPATIAL_DROPOUT_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* x [batch, ..., channels] -> a channel of an example is 0 at all places with probability rate, else x / (1 -
 * rate); in NN_EVAL x itself. `name`: as in nn_dropout. PyTorch's Dropout1d to 3d. Source: Tompson et al.
 * 2015. */
ag_ref nn_spatial_dropout(nn_model *m, const char *name, ag_ref x, double rate);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the row of the table */
NN_LAYER(spatial_dropout)
#endif
