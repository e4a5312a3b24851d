/* group_norm.h - normalization of groups of channels. */
#ifndef NABLA_NN_LAYERS_GROUP_NORM_H
#define NABLA_NN_LAYERS_GROUP_NORM_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_group_norm_options {
  double epsilon; /* 0 = 1e-5 */
  bool no_scale, no_bias;
} nn_group_norm_options;

/* x [batch, ..., channels] -> normalized. The channels are cut into `groups` equal ranges; moments are over
 * the channels of a range and all places of an example. Then scale and bias for each channel. Parameters
 * "<name>/scale", "<name>/bias" [channels]. Source: Wu & He 2018. */
ag_ref nn_group_norm(nn_model *m, const char *name, ag_ref x, int64_t groups,
                     const nn_group_norm_options *options);

/* Normalizes each channel of each example over its places. PyTorch's has scale and bias only with
 * affine=True. Source: Ulyanov, Vedaldi & Lempitsky 2016. */
ag_ref nn_instance_norm(nn_model *m, const char *name, ag_ref x, const nn_group_norm_options *options);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the rows of the table */
NN_LAYER(group_norm)
NN_LAYER(instance_norm)
#endif
