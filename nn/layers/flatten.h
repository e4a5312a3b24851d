/* flatten.h - reshaping layers. */
#ifndef NABLA_NN_LAYERS_FLATTEN_H
#define NABLA_NN_LAYERS_FLATTEN_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

ag_ref nn_flatten(nn_model *m, ag_ref x); /* [batch, ...] -> [batch, all of the rest] */
/* [batch, height, width, channels r^2] -> [batch, height r, width r, channels]: channel c r^2 + i r + j goes to row i
 * and column j of its place, as in PyTorch. Source: Shi et al. 2016. */
ag_ref nn_pixel_shuffle(nn_model *m, ag_ref x, int64_t r);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the rows of the table */
NN_LAYER(flatten)
NN_LAYER(pixel_shuffle)
#endif
