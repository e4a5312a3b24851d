/* alpha_dropout.h - dropout for SELU. */
#ifndef NABLA_NN_LAYERS_ALPHA_DROPOUT_H
#define NABLA_NN_LAYERS_ALPHA_DROPOUT_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* x of any shape, 0 <= rate < 1: dropped elements become SELU's lower limit, and an affine map restores mean
 * 0 and variance 1; in NN_EVAL x itself. `name`: as in nn_dropout. Source: Klambauer et al. 2017. */
ag_ref nn_alpha_dropout(nn_model *m, const char *name, ag_ref x, double rate);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the row of the table */
NN_LAYER(alpha_dropout)
#endif
