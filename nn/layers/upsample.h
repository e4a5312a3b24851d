/* upsample.h - enlarged images. */
#ifndef NABLA_NN_LAYERS_UPSAMPLE_H
#define NABLA_NN_LAYERS_UPSAMPLE_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* x [batch, spatial..., channels] -> [batch, factor extent..., channels], factors[0..spatial) >= 1: nearest, linear
 * or cubic interpolation at half-pixel centres, as PyTorch without align_corners. Other extents: ag_resize_to. */
ag_ref nn_upsample(nn_model *m, const char *name, ag_ref x, const int64_t *factors, ag_resize how);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the row of the table */
NN_LAYER(upsample)
#endif
