/* pool.h - maximum and average pooling. */
#ifndef NABLA_NN_LAYERS_POOL_H
#define NABLA_NN_LAYERS_POOL_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Images are [batch, spatial..., channels], one to three spatial axes; window, stride (0 = the window's size),
 * dilation and padding: ag_pool_options (conv.h). Padding is never the maximum. */
ag_ref nn_max_pool(nn_model *m, const char *name, ag_ref x, const ag_pool_options *options);
ag_ref nn_average_pool(nn_model *m, const char *name, ag_ref x, const ag_pool_options *options);
/* Pools an image of any size to places[0..spatial) places; windows as in PyTorch. */
ag_ref nn_adaptive_average_pool(nn_model *m, const char *name, ag_ref x, const int64_t *places);
ag_ref nn_adaptive_max_pool(nn_model *m, const char *name, ag_ref x, const int64_t *places);
/* Over all places: [batch, channels]. */
ag_ref nn_global_average_pool(nn_model *m, const char *name, ag_ref x);
ag_ref nn_global_max_pool(nn_model *m, const char *name, ag_ref x);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the rows of the table */
NN_LAYER(max_pool)
NN_LAYER(average_pool)
NN_LAYER(adaptive_average_pool)
NN_LAYER(adaptive_max_pool)
NN_LAYER(global_average_pool)
NN_LAYER(global_max_pool)
#endif
