/* conv.h - convolution and pooling: options, and the compositions of compose/conv.c, compose/pool.c and
 * compose/unfold.c; part of autograd.h, which includes it.
 *
 *   layout   channels last: images are [batch, spatial..., channels] with one to three spatial axes, kernels
 *            are [spatial..., input channels / groups, output channels]. To convert from PyTorch in two
 *            dimensions: an image NCHW by transpose {0, 2, 3, 1}, a kernel OIHW by transpose {2, 3, 1, 0}. As
 *            in PyTorch, TensorFlow and ONNX the kernel is not flipped
 *   groups   the channels are cut into `groups` equal ranges; output range i reads input range i only
 *   errors   shapes that do not fit make the graph fail; ag_error has one sentence that names both */
#ifndef NABLA_AG_CONV_H
#define NABLA_AG_CONV_H

enum { AG_SPATIAL = 3 }; /* spatial axes at most */

typedef enum ag_padding {
  AG_PAD_EXPLICIT, /* before[], after[] */
  AG_PAD_VALID,    /* none */
  AG_PAD_SAME,     /* ceil(extent / stride) places; an odd zero goes behind */
  AG_PAD_CAUSAL    /* all in front: output q reads no place of x after q stride */
} ag_padding;

/* Other layouts of an operand: derivatives use them, and you may. */
enum {
  AG_LAYOUT_SWAPPED =
      1, /* the two axes that are not spatial are swapped: images are [channels, spatial..., groups batch],
          * kernels [spatial..., output channels of a group, groups input channels] */
  AG_LAYOUT_MOVED = 2,  /* images are [spatial..., batch, channels], kernels [input, spatial..., output] */
  AG_LAYOUT_FLIPPED = 4 /* every spatial axis is read backwards */
};

typedef struct ag_conv_options {
  int64_t stride[AG_SPATIAL];         /* distance in the (padded) input between outputs; 0 = 1 */
  int64_t dilation[AG_SPATIAL];       /* distance between taps of the kernel; 0 = 1 */
  int64_t input_dilation[AG_SPATIAL]; /* distance between elements of x, with zeros between; 0 = 1 */
  int64_t before[AG_SPATIAL], after[AG_SPATIAL]; /* zeros around x; negative: places that are cut off */
  ag_padding padding;
  int64_t groups; /* 0 = 1; as many as there are input channels: depthwise */
  unsigned x_layout, kernel_layout, y_layout;
} ag_conv_options;

/* The transposed convolution: the adjoint of the convolution with these options, so a stride enlarges the
 * image (PyTorch's conv_transpose, ONNX's ConvTranspose, Keras' Conv...Transpose). x is [batch, spatial...,
 * input channels], the kernel [spatial..., output channels / groups, input channels] (Keras' layout;
 * PyTorch's I, O/groups, ... by {2, 3, 1, 0} in two dimensions). The output has (extent - 1) stride + reach -
 * before - after + extra[axis] places (extra: PyTorch's output_padding, NULL = 0), with reach = (kernel - 1)
 * dilation + 1; AG_PAD_SAME and AG_PAD_CAUSAL make that extent * stride. With AG_PAD_CAUSAL output p reads no
 * place of x after p / stride: the adjoint of a convolution that is padded behind. input_dilation and layouts
 * must be 0. */
ag_ref ag_conv_transpose(ag_graph *g, ag_ref x, ag_ref kernel, const ag_conv_options *options,
                         const int64_t *extra);

/* A convolution of each channel by itself: the kernel is [spatial..., channels, multiplier], output channel c
 * multiplier + m comes from input channel c (Keras' DepthwiseConv; PyTorch's with groups = channels). */
ag_ref ag_conv_depthwise(ag_graph *g, ag_ref x, ag_ref kernel, const ag_conv_options *options);

/* ---- pooling: [batch, spatial..., channels], one to three spatial axes, each by itself ---- */

typedef struct ag_pool_options {
  int64_t size[AG_SPATIAL];                      /* places of a window; 0 = 1 */
  int64_t stride[AG_SPATIAL];                    /* 0 = size (ag_unfold, ag_fold: 1) */
  int64_t dilation[AG_SPATIAL];                  /* 0 = 1 */
  int64_t before[AG_SPATIAL], after[AG_SPATIAL]; /* places around x, at most half a window's reach */
  ag_padding padding;
  bool round_up;      /* adds a last window that is not full (PyTorch's ceil_mode) */
  bool count_padding; /* averages count the padding, as zeros (count_include_pad) */
} ag_pool_options;

/* Padding is never the maximum. If several places hold the maximum, they share its derivative, first along
 * the last spatial axis (in PyTorch the first place gets all of it). */
ag_ref ag_max_pool(ag_graph *g, ag_ref x, const ag_pool_options *options);
ag_ref ag_average_pool(ag_graph *g, ag_ref x, const ag_pool_options *options);
/* (sum of |x|^p)^(1/p) over each window, p > 0; derivative 0 where the sum is 0 (p > 1). */
ag_ref ag_lp_pool(ag_graph *g, ag_ref x, double p, const ag_pool_options *options);
/* Over all places: [batch, channels]; with `keep` the spatial axes stay with extent 1. */
ag_ref ag_global_max_pool(ag_graph *g, ag_ref x, bool keep);
ag_ref ag_global_average_pool(ag_graph *g, ag_ref x, bool keep);
/* To places[axis] places; window i is from floor(i extent / places) to ceil((i + 1) extent / places), as in
 * PyTorch. */
ag_ref ag_adaptive_max_pool(ag_graph *g, ag_ref x, const int64_t *places);
ag_ref ag_adaptive_average_pool(ag_graph *g, ag_ref x, const int64_t *places);

/* ag_unfold returns the windows: [batch, places..., size..., channels]. ag_fold is its adjoint: it adds such
 * windows up where they overlap, to [batch, extents..., channels]. A stride of 0 means 1 here. round_up and
 * count_padding must be false; ag_fold wants padding AG_PAD_EXPLICIT or AG_PAD_VALID. */
ag_ref ag_unfold(ag_graph *g, ag_ref x, const ag_pool_options *options);
ag_ref ag_fold(ag_graph *g, ag_ref windows, const int64_t *extents, const ag_pool_options *options);

/* ---- other extents ---- */

typedef enum ag_resize { AG_RESIZE_NEAREST, AG_RESIZE_LINEAR, AG_RESIZE_CUBIC } ag_resize;

/* Resizes an image [batch, spatial..., channels] to extents[axis] places, one axis after the other: the
 * nearest place, floor(i extent / extents), linear or cubic interpolation. With `corners` the outermost
 * places stay where they are (align_corners); else places are matched by their centres (half-pixel centres).
 * PyTorch's interpolate, without antialiasing. */
ag_ref ag_resize_to(ag_graph *g, ag_ref x, const int64_t *extents, ag_resize how, bool corners);

#endif
