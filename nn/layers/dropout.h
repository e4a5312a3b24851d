/* dropout.h - dropout. */
#ifndef NABLA_NN_LAYERS_DROPOUT_H
#define NABLA_NN_LAYERS_DROPOUT_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* x of any shape -> an element is 0 with probability rate (0 <= rate < 1), else x / (1 - rate); in NN_EVAL x
 * itself. `name`, with its scopes, is the random stream: give each its own. Source: Srivastava et al. 2014.
 */
ag_ref nn_dropout(nn_model *m, const char *name, ag_ref x, double rate);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the row of the table */
NN_LAYER(dropout)
#endif
