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

/* x [batch, ..., channels] -> normalized by the moments over all places of an example and the channels of a
 * group, which are `groups` stretches side by side; then scale and bias for each channel. Parameters
 * "<name>/scale", "<name>/bias" [channels]. Source: Wu & He 2018. */
ag_ref nn_group_norm(nn_model *m, const char *name, ag_ref x, int64_t groups,
                     const nn_group_norm_options *options);

/* Each channel of each example by itself, over its places. PyTorch's has no scale and bias unless asked
 * (affine). Source: Ulyanov, Vedaldi & Lempitsky 2016. */
ag_ref nn_instance_norm(nn_model *m, const char *name, ag_ref x, const nn_group_norm_options *options);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the rows of the table */
NN_LAYER(group_norm)
NN_LAYER(instance_norm)
#endif
