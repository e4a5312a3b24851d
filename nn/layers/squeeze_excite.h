/* squeeze_excite.h - channels weighted by factors that depend on the whole image. */
#ifndef NABLA_NN_LAYERS_SQUEEZE_EXCITE_H
#define NABLA_NN_LAYERS_SQUEEZE_EXCITE_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* x [batch, places..., channels] -> x times sigmoid(dense2(relu(dense1(mean over places)))), a factor for each channel;
 * dense1 has channels / ratio units, at least 1. Parameters "<name>/dense1/...", "<name>/dense2/...".
 * Source: Hu, Shen & Sun 2018. */
ag_ref nn_squeeze_excite(nn_model *m, const char *name, ag_ref x, int64_t ratio);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the row of the table */
NN_LAYER(squeeze_excite)
#endif
