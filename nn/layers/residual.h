/* residual.h - residual connections. */
#ifndef NABLA_NN_LAYERS_RESIDUAL_H
#define NABLA_NN_LAYERS_RESIDUAL_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* y + x, both [..., channels]; where the number of channels differs, x goes through a dense layer without bias first,
 * parameter "<name>/project/kernel". Other axes must agree. Source: He et al. 2016. */
ag_ref nn_residual(nn_model *m, const char *name, ag_ref x, ag_ref y);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the row of the table */
NN_LAYER(residual)
#endif
