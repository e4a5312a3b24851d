/* drop_path.h - stochastic depth: residual branches dropped at random; and Gaussian dropout. */
#ifndef NABLA_NN_LAYERS_DROP_PATH_H
#define NABLA_NN_LAYERS_DROP_PATH_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* x [batch, ...]: with probability rate (0 <= rate < 1) a whole example becomes 0, else x / (1 - rate); in
 * NN_EVAL x is unchanged. Apply it to the branch that a residual block adds. `name`: as in nn_dropout.
 * Source: Huang et al. 2016. */
ag_ref nn_drop_path(nn_model *m, const char *name, ag_ref x, double rate);
/* x of any shape -> x times N(1, rate / (1 - rate)), 0 <= rate < 1; in NN_EVAL x itself. Source: Srivastava et al.
 * 2014. */
ag_ref nn_gaussian_dropout(nn_model *m, const char *name, ag_ref x, double rate);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the rows of the table */
NN_LAYER(drop_path)
NN_LAYER(gaussian_dropout)
#endif
