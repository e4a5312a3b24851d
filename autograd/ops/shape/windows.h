/* windows.h - shared by window and window_add: the elements of each window. */
#ifndef NABLA_OPS_WINDOWS_H
#define NABLA_OPS_WINDOWS_H

#include "autograd/autograd.h"

typedef struct ag__windows { /* the array as [outer, extent, inner], its windows as [outer, count, size,
                              * inner] */
  int64_t outer, extent, inner, count, size, stride, dilation, before;
} ag__windows;

static inline ag__windows ag__windows_of(const tn_view *whole, int axis, const tn_view *windows,
                                         int64_t stride, int64_t dilation, int64_t before) {
  return (ag__windows){.outer = tn_numel(axis, whole->shape),
                       .extent = whole->shape[axis],
                       .inner = tn_numel(whole->rank - axis - 1, whole->shape + axis + 1),
                       .count = windows->shape[axis],
                       .size = windows->shape[axis + 1],
                       .stride = stride,
                       .dilation = dilation,
                       .before = before};
}

/* The index in the array of the k-th element of all windows; -1: in the padding. */
static inline int64_t ag__place_in(const ag__windows *w, int64_t k) {
  int64_t place = k / w->size * w->stride + k % w->size * w->dilation - w->before;
  return place >= 0 && place < w->extent ? place : -1;
}

#endif
