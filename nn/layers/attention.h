/* attention.h - attention: each query reads a weighted mean of the values. */
#ifndef NABLA_NN_LAYERS_ATTENTION_H
#define NABLA_NN_LAYERS_ATTENTION_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_attend_options {
  bool causal; /* query i sees keys 0 to i only */
  /* [batch, keys], of TN_U8 or the model's type: 1 = visible, 0 = hidden; id 0 = all visible */
  ag_ref key_mask;
  ag_ref mask;  /* the same for each query: [batch, queries, keys]; id 0 = all visible */
  ag_ref bias;  /* added to the scores; broadcasts to [batch, heads, queries, keys]; id 0 = none */
  double scale; /* 0 = 1 / sqrt(width) */
} nn_attend_options;

/* softmax(scale q k' + bias) v: q [batch, heads, queries, width], k [batch, key heads, keys, width], v [batch, key
 * heads, keys, width of values] -> [batch, heads, queries, width of values]. heads is a multiple of key heads:
 * neighbouring heads share a key (grouped queries). A query that sees no key gets the mean of all values.
 * Source: Vaswani et al. 2017; Ainslie et al. 2023. */
ag_ref nn_attend(nn_model *m, ag_ref q, ag_ref k, ag_ref v, const nn_attend_options *options);

typedef struct nn_attention_options {
  int64_t key_heads; /* 0 = heads; fewer: grouped queries, 1: one key for all */
  int64_t width;     /* of a head; 0 = channels / heads */
  bool causal;
  ag_ref key_mask, mask; /* as in nn_attend */
  ag_ref memory; /* [batch, keys, any]: keys and values come from there (cross-attention); id 0 = from x */
  ag_ref values; /* [batch, keys, any]: values come from there; id 0 = from where the keys come */
  int64_t value_width; /* of a head's values; 0 = width */
  int64_t out;         /* channels of the result; 0 = those of x */
  bool rotary;         /* applies nn_rotary to queries and keys */
  double rotary_base;  /* 0 = 10000 */
  double dropout;      /* rate, before the last projection */
  bool no_bias;
} nn_attention_options;

/* Multi-head attention: x [batch, queries, channels] -> [batch, queries, out]. Parameters
 * "<name>/query/kernel" [channels, heads width], "<name>/key/kernel" [.., key heads width], "<name>/value/kernel" [.., key heads
 * value width], "<name>/out/kernel" [heads value width, out], and their biases. PyTorch's in_proj_weight holds the first three, transposed and stacked. */
ag_ref nn_attention(nn_model *m, const char *name, ag_ref x, int64_t heads,
                    const nn_attention_options *options);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the rows of the table */
NN_LAYER(attend)
NN_LAYER(attention)
#endif
