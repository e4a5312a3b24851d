/* transformer.h - a block of a transformer. */
#ifndef NABLA_NN_LAYERS_TRANSFORMER_H
#define NABLA_NN_LAYERS_TRANSFORMER_H

#include "activation.h"
#include "attention.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_transformer_options {
  nn_attention_options attention; /* of the self-attention; its `memory` must be 0 */
  ag_ref memory, memory_mask; /* for a decoder: memory [batch, keys, any] to attend to as well; id 0 = none */
  int64_t hidden;             /* units between the two dense layers; 0 = 4 * channels */
  nn_activation activation;   /* 0 (NN_LINEAR) = NN_GELU */
  double dropout;             /* rate, on the output of each part */
  bool post_norm;             /* normalizes after each sum (Vaswani et al. 2017); default: before each part */
  bool rms;                   /* nn_rms_norm in place of nn_layer_norm */
} nn_transformer_options;

/* x [batch, time, channels] -> the same shape: x + attention, [+ attention to memory,] + two dense layers, each part
 * normalized. Scopes below "<name>": norm1, attention, [norm_memory, attention_memory,] norm2, dense1, dense2. */
ag_ref nn_transformer(nn_model *m, const char *name, ag_ref x, int64_t heads,
                      const nn_transformer_options *options);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the row of the table */
NN_LAYER(transformer)
#endif
