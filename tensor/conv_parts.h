/* conv_parts.h - shared by the files of the convolution (not installed). conv.c chooses an algorithm:
 * conv_groups.c for groups of few channels, conv_taps.c with lines of taps as terms, conv_lines.c with lines
 * of the image as rows, else its own gathered blocks. */
#ifndef NABLA_CONV_PARTS_H
#define NABLA_CONV_PARTS_H

#include "tensor/conv.h"
#include "tensor/kernels/conv.h"

#include <string.h>

enum {
  TN_CONV_COLUMNS = 128, /* output channels of a block */
  TN_CONV_SUMS = 16384,  /* elements of a block's product */
  TN_CONV_NARROW = 8     /* output channels of a group: with fewer, a product is slower */
};

/* One side of the gathered block: its indices are an example (or channel) and a place (or tap). */
typedef struct side {
  int64_t extent, stride; /* of examples or channels: their number, and the stride in x */
  int64_t space[TN_CONV_AXES], step[TN_CONV_AXES];
} side;

typedef struct index {
  int64_t plain, space[TN_CONV_AXES];
} index_t;

static inline int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t volume(const int64_t *space) { return space[0] * space[1] * space[2]; }

static inline index_t line_at(const side *s, int64_t i) {
  index_t at;
  for (int a = TN_CONV_AXES - 1; a >= 0; i /= s->space[a--]) at.space[a] = i % s->space[a];
  at.plain = i;
  return at;
}

static inline void next_place(const side *s, index_t *at) {
  for (int a = TN_CONV_AXES - 1; a >= 0; a--) {
    if (++at->space[a] < s->space[a]) return;
    at->space[a] = 0;
  }
  at->plain++;
}

static inline side side_of(int64_t extent, int64_t stride, const int64_t *space, const int64_t *step) {
  side s = {.extent = extent, .stride = stride};
  memcpy(s.space, space, sizeof s.space);
  memcpy(s.step, step, sizeof s.step);
  return s;
}

typedef struct
    tn__span { /* a part of a line of x: `places` places from `start` on, some perhaps outside; n elements of
                * each */
  int64_t start, places, n, apart;
} tn__span;

/* Copies the span of line x to contiguous memory, with zeros outside the line; x NULL: all zeros. */
void tn__conv_copy_line(const tn_conv *c, const void *x, tn__span s, void *copy);

/* Sets n output channels of each of `places` places of a line to 0; y: the first of them. */
void tn__conv_clear_line(const tn_conv *c, void *y, int64_t places, int64_t n);

const tn__conv_kernels *tn__conv_kernels_of(tn_dtype dtype); /* of the instruction set in use */

/* Each returns false, and does nothing, if its algorithm does not suit the convolution; that never depends on
 * threads. All need spread 1 along every axis. */
bool tn__convolve_lines(const tn_conv *c, int threads);
bool tn__convolve_taps(const tn_conv *c, int threads);
bool tn__convolve_groups(const tn_conv *c, int threads);

#endif
