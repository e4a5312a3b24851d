/* batch_norm.h - normalization over the batch. */
#ifndef NABLA_NN_LAYERS_BATCH_NORM_H
#define NABLA_NN_LAYERS_BATCH_NORM_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_batch_norm_options {
  double epsilon; /* 0 = 1e-5 */
  /* running = (1 - momentum) * running + momentum * batch; 0 = 0.1. As in PyTorch; Keras' momentum is 1 minus this. */
  double momentum;
  /* The running variance is divided by n, as in Keras; default: by n - 1, as in PyTorch. */
  bool population;
  bool frozen; /* for fine-tuning: NN_TRAIN uses the running values too, and does not update them */
  bool no_scale, no_bias;
  /* [batch, ...]: leading axes of x, TN_U8 or x's type. Where it is 0, values do not count in the batch's
   * moments; all values are normalized. id 0 = all count. If none counts, the moments are 0. */
  ag_ref mask;
} nn_batch_norm_options;

/* x [batch, ..., channels] -> (x - mean) / sqrt(variance + epsilon) scale + bias, for each channel: in
 * NN_TRAIN with the (population) moments over all axes but the last, in NN_EVAL with the running ones.
 * Parameters "<name>/scale", "<name>/bias", buffers "<name>/mean", "<name>/variance", all [channels]. Use
 * each name once in a network: a buffer can be assigned only once per step. Source: Ioffe & Szegedy 2015. */
ag_ref nn_batch_norm(nn_model *m, const char *name, ag_ref x, const nn_batch_norm_options *options);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the row of the table */
NN_LAYER(batch_norm)
#endif
