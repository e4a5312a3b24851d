/* spatial.h - shared by pooling and unfolding: one spatial axis of [batch, spatial..., channels]. */
#ifndef NABLA_COMPOSE_SPATIAL_H
#define NABLA_COMPOSE_SPATIAL_H

#include "autograd/autograd.h"

typedef struct ag__spatial {
  int64_t extent, size, stride, dilation, before, after, count; /* count: number of windows */
  int64_t beyond; /* places after the padding that the last window covers (round_up) */
} ag__spatial;

/* The number of spatial axes of x; 0, and the graph fails in the name of `what`, if x is no image. */
int ag__spatial_axes(ag_graph *g, const char *what, ag_ref x);

/* The windows along spatial axis a of x; count 0 after failing the graph. stride: what 0 means (0 = size). */
ag__spatial ag__spatial_of(ag_graph *g, const char *what, ag_ref x, const ag_pool_options *o, int a,
                           int64_t stride);

#endif
