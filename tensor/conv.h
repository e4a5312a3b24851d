/* conv.h - the convolution kernel that autograd/ops/conv.c describes (not installed). */
#ifndef NABLA_CONV_H
#define NABLA_CONV_H

#include "tensor/tensor.h"

enum { TN_CONV_AXES = 3 };

/* Where the elements of an operand lie: strides in elements, any sign. */
typedef struct tn_conv_operand {
  void *data;
  int64_t row; /* x, y: from example to example; kernel: from input channel to input channel */
  int64_t col; /* x, y: from channel to channel; kernel: from output channel to output channel */
  int64_t group, space[TN_CONV_AXES];
} tn_conv_operand;

/* y[n, q, g, o] = sum over taps k and channels c of x[n, p, g, c] kernel[k, g, c, o], where along each axis
 * p spread = q stride + k dilation - before; what lies outside x or between its elements is 0. Extents are 1
 * along axes that are not there. */
typedef struct tn_conv {
  tn_dtype dtype;                                                       /* f32 or f64 */
  int64_t batch, groups, in, out;                                       /* channels of one group */
  int64_t size[TN_CONV_AXES], taps[TN_CONV_AXES], places[TN_CONV_AXES]; /* of x, kernel, y */
  int64_t stride[TN_CONV_AXES], dilation[TN_CONV_AXES], spread[TN_CONV_AXES], before[TN_CONV_AXES];
  tn_conv_operand x, kernel, y;
} tn_conv;

/* Fixed buffers on the stack, nothing allocated; the same bits for any number of threads, and under every instruction
 * set with FMA. */
void tn_convolve(const tn_conv *c, int threads);

#endif
