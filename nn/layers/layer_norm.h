/* layer_norm.h - normalization of each example. */
#ifndef NABLA_NN_LAYERS_LAYER_NORM_H
#define NABLA_NN_LAYERS_LAYER_NORM_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_layer_norm_options {
  double epsilon; /* 0 = 1e-5 (nn_rms_norm: 1e-6) */
  int axes;       /* number of last axes that are normalized together; 0 = 1 */
  bool no_scale, no_bias;
} nn_layer_norm_options;

/* x [..., n] -> (x - mean) / sqrt(variance + epsilon) scale + bias, with the moments of the last axes.
 * Parameters "<name>/scale" and "<name>/bias" of the shape of those axes. Source: Ba, Kiros & Hinton 2016. */
ag_ref nn_layer_norm(nn_model *m, const char *name, ag_ref x, const nn_layer_norm_options *options);

/* x [..., n] -> x / sqrt(mean of x^2 + epsilon) scale; no bias. Source: Zhang & Sennrich 2019. */
ag_ref nn_rms_norm(nn_model *m, const char *name, ag_ref x, const nn_layer_norm_options *options);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the rows of the table */
NN_LAYER(layer_norm)
NN_LAYER(rms_norm)
#endif
