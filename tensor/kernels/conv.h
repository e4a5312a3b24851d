/* conv.h - the inner loops of convolutions by instruction set (not installed). Each file beside this one
 * includes conv.inc after product.inc. One call adds to an element by one chain of multiply-adds, in the
 * order of the fields, for any tile. Strides and offsets are in elements; nothing is allocated. */
#ifndef NABLA_KERNELS_CONV_H
#define NABLA_KERNELS_CONV_H

#include "tensor/tensor.h"

enum {
  TN__CONV_DEPTH = 192, /* terms that are summed at once: a strip of the right factor stays in the L1 cache */
  TN__CONV_STRIP = 32   /* a multiple of the columns that any instruction set computes together */
};

/* c[line][row][j] (+)= sum over s < segments, t < taps, i < chunk of a[a_line[line] + row ars + s a_segment +
 * t chunk + i] b[s b_segment + t b_tap + i brs + j bcs], for j < n; columns of c are contiguous, segments
 * taps chunk <= TN__CONV_DEPTH. more: add to c. */
typedef struct tn__lines {
  const void *a, *b;
  void *c;
  const int64_t *a_line, *c_line; /* where lines of a and of c start */
  int64_t lines, width;           /* there are `width` rows per line */
  int64_t ars, crs;
  int64_t segments, taps, chunk, a_segment, b_segment, b_tap, brs, bcs;
  int64_t n;
  bool more;
} tn__lines;

/* Terms of a sum along a line: a[i cs] for i < n, times terms [at, at + n) of the packed right factor. */
typedef struct tn__stretch {
  const void *a;
  int64_t at, n;
} tn__stretch;

/* c[r crs + j] += sum over the stretches' terms of a[r] b[j], for r < rows and j < n. */
typedef struct tn__taps {
  const tn__stretch *stretches;
  int64_t n_stretches, cs;
  const void *b; /* packed by `pack` */
  void *c;
  int64_t rows, crs, n;
} tn__taps;

/* Terms [at, at + count) of the right factor of tn__taps, n columns: term t, column j is from[t along + j]. */
typedef struct tn__terms {
  const void *from;
  int64_t along, at, count, n;
  void *to; /* TN__CONV_DEPTH times n, rounded up to a multiple of TN__CONV_STRIP; aligned to 64 bytes */
} tn__terms;

typedef struct tn__conv_kernels {
  void (*lines)(const tn__lines *p);
  void (*pack)(const tn__terms *p);
  void (*taps)(const tn__taps *p);
} tn__conv_kernels;

extern const tn__conv_kernels tn__conv_f32_baseline, tn__conv_f64_baseline;
#if defined(__x86_64__) && defined(__gnu_linux__)
extern const tn__conv_kernels tn__conv_f32_avx2, tn__conv_f64_avx2, tn__conv_f32_avx512, tn__conv_f64_avx512;
#endif
#ifdef __aarch64__
extern const tn__conv_kernels tn__conv_f32_neon, tn__conv_f64_neon;
#endif

#endif
