/* gaussian_noise.h - additive normal noise. */
#ifndef NABLA_NN_LAYERS_GAUSSIAN_NOISE_H
#define NABLA_NN_LAYERS_GAUSSIAN_NOISE_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* x of any shape -> x + sd N(0, 1), sd >= 0; in NN_EVAL x itself. `name`, with its scopes, is the random
 * stream: give each its own. */
ag_ref nn_gaussian_noise(nn_model *m, const char *name, ag_ref x, double sd);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the row of the table */
NN_LAYER(gaussian_noise)
#endif
