/* conv.h - convolutions over one to three axes. */
#ifndef NABLA_NN_LAYERS_CONV_H
#define NABLA_NN_LAYERS_CONV_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Images are [batch, spatial..., channels], with one to three spatial axes; `size` is the kernel's extent along
 * each. Strides, padding (explicit, valid, same, causal), dilation and groups: ag_conv_options (conv.h). */
typedef struct nn_conv_options {
  ag_conv_options conv;
  nn_init kernel; /* 0 (NN_ZEROS) = glorot uniform */
  bool no_bias;
  int64_t extra[AG_SPATIAL]; /* for nn_conv_transpose: PyTorch's output_padding */
  int64_t multiplier;        /* for nn_conv_depthwise, nn_conv_separable: outputs per channel; 0 = 1 */
} nn_conv_options;

/* -> [batch, places..., filters]. Parameters "<name>/kernel" [size..., channels / groups, filters] and
 * "<name>/bias" [filters]. Keras' layout; PyTorch's kernel is [filters, channels / groups, size...]. */
ag_ref nn_conv(nn_model *m, const char *name, ag_ref x, int64_t filters, const int64_t *size,
               const nn_conv_options *options);
/* The transposed convolution: a stride enlarges the image. "<name>/kernel" [size..., filters / groups, channels]. */
ag_ref nn_conv_transpose(nn_model *m, const char *name, ag_ref x, int64_t filters, const int64_t *size,
                         const nn_conv_options *options);
/* Convolves each channel on its own: "<name>/kernel" [size..., channels, multiplier], "<name>/bias" [channels multiplier]. */
ag_ref nn_conv_depthwise(nn_model *m, const char *name, ag_ref x, const int64_t *size,
                         const nn_conv_options *options);
/* A depthwise convolution without bias, then a convolution of size 1: "<name>/depthwise/kernel", "<name>/pointwise/kernel",
 * "<name>/pointwise/bias". Source: Chollet 2017. */
ag_ref nn_conv_separable(nn_model *m, const char *name, ag_ref x, int64_t filters, const int64_t *size,
                         const nn_conv_options *options);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LAYER /* the rows of the table */
NN_LAYER(conv)
NN_LAYER(conv_transpose)
NN_LAYER(conv_depthwise)
NN_LAYER(conv_separable)
#endif
