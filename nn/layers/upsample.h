/* upsample.h - images made larger. */
#ifndef NABLA_NN_LAYERS_UPSAMPLE_H
#define NABLA_NN_LAYERS_UPSAMPLE_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum nn_interpolation { NN_NEAREST, NN_INTERPOLATE_LINEAR } nn_interpolation;

/* x [batch, spatial..., channels] -> [batch, factor extent..., channels], factors[0..spatial) >= 1. Linear
 * along each axis (bilinear, trilinear) between the middles of places, as PyTorch without align_corners. */
ag_ref nn_upsample(nn_model *m, const char *name, ag_ref x, const int64_t *factors, nn_interpolation how);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the row of the table */
NN_LAYER(upsample)
#endif
