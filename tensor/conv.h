/* conv.h - the kernel of the op autograd/ops/linear/conv.c (not installed). */
#ifndef NABLA_CONV_H
#define NABLA_CONV_H

#include "tensor/tensor.h"

enum { TN_CONV_AXES = 3 };

/* The layout of an operand: strides in elements, of any sign. */
typedef struct tn_conv_operand {
  void *data;
  int64_t row; /* x, y: stride between examples; kernel: between input channels */
  int64_t col; /* x, y: stride between channels; kernel: between output channels */
  int64_t group, space[TN_CONV_AXES];
} tn_conv_operand;

/* y[n, q, g, o] = sum over taps k and channels c of x[n, p, g, c] kernel[k, g, c, o], where along each axis p
 * spread = q stride + k dilation - before; elements outside x or between its elements are 0. Unused axes have
 * extent 1. */
typedef struct tn_conv {
  tn_dtype dtype;                                                       /* f32 or f64 */
  int64_t batch, groups, in, out;                                       /* channels of one group */
  int64_t size[TN_CONV_AXES], taps[TN_CONV_AXES], places[TN_CONV_AXES]; /* of x, kernel, y */
  int64_t stride[TN_CONV_AXES], dilation[TN_CONV_AXES], spread[TN_CONV_AXES], before[TN_CONV_AXES];
  tn_conv_operand x, kernel, y;
} tn_conv;

/* Uses buffers of fixed size on the stack and allocates nothing. The bits are the same for any number of
 * threads, and under all instruction sets with FMA. */
void tn_convolve(const tn_conv *c, int threads);

#endif
