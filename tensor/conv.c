/* conv.c - convolutions as products of small blocks: rows are places (positions) of the output in all
 * examples, columns are output channels, the inner dimension is taps times input channels. A block of the
 * left factor is gathered from the image into a buffer of fixed size and multiplied; the result is added to
 * the output. Blocks depend on the shape alone, so bits do not depend on threads. */
#include "tensor/conv_parts.h"
#include "tensor/isa.h"

#include <string.h>

enum {
  DEPTH = 256,   /* inner dimension of a block */
  BLOCK = 16384, /* elements of a gathered block */
  CHUNK = 8      /* blocks of rows that use one gathered block of the kernel */
};
static const double WORTH_THREADS = 1e6; /* multiplications */

typedef struct job {
  const tn_conv *c;
  side rows, depth;
  bool by_channel; /* channels of x are contiguous: lines of the block run along the inner dimension (else
                    * along rows) */
  bool merge;      /* and channels of neighbouring taps are contiguous too */
  int64_t n_rows, n_depth, height, chunk, chunks; /* rows per block and per chunk; chunks per group */
} job;

/* ---- indices along a line: channel fastest ---- */

static index_t along_at(const side *s, int64_t i) {
  index_t at = line_at(s, i / s->extent);
  at.plain = i % s->extent;
  return at;
}

/* ---- elements ---- */

typedef uint32_t __attribute__((may_alias)) word32;
typedef uint64_t __attribute__((may_alias)) word64;

#define COPY(T)                                                                                              \
  if (from)                                                                                                  \
    for (int64_t i = 0; i < n; i++) ((T *)to)[i] = ((const T *)from)[i * stride];                            \
  else                                                                                                       \
    for (int64_t i = 0; i < n; i++) ((T *)to)[i] = 0;

/* Copies n elements that are `stride` apart to contiguous memory; writes zeros if from is NULL. */
static void copy(void *to, const void *from, int64_t stride, int64_t n, size_t size) {
  enum { LONG = 32 };
  if (stride == 1 && from && n >= LONG) memcpy(to, from, (size_t)n * size);
  else if (size == sizeof(word32)) {
    COPY(word32)
  } else {
    COPY(word64)
  }
}

/* ---- gathering a block of x ---- */

typedef struct line { /* a line of the block */
  const job *j;
  const side *along;
  const char *x; /* the start of its example or channel */
  int64_t base[TN_CONV_AXES];
} line;

/* Copies neighbouring taps with all their channels, a contiguous range of x, with zeros beyond its ends. */
static void gather_stretch(const line *l, const index_t *t, int64_t offset, int64_t n, char *to,
                           size_t size) {
  int64_t width = l->along->extent, start = (l->base[2] + t->space[2]) * width + t->plain;
  int64_t end = l->j->c->size[2] * width, left = start < 0 ? (start + n > 0 ? -start : n) : 0;
  int64_t right = start + n > end ? (start < end ? start + n - end : n) : 0, most = n - left;
  if (right > most) right = most;
  copy(to, NULL, 1, left, size);
  if (n > left + right)
    copy(to + left * (int64_t)size, l->x + (offset + start + left) * (int64_t)size, 1, n - left - right,
         size);
  copy(to + (n - right) * (int64_t)size, NULL, 1, right, size);
}

static void gather_line(const line *l, int64_t first, int64_t last, char *to, size_t size) {
  const tn_conv *c = l->j->c;
  const side *along = l->along;
  index_t t = along_at(along, first);
  for (int64_t i = first, n; i < last; i += n, to += n * (int64_t)size) {
    int64_t offset = 0;
    bool there = true;
    for (int a = 0; a < (l->j->merge ? 2 : 3) && there; a++) {
      const int64_t place = l->base[a] + t.space[a] * along->step[a]; /* in x, or in its padding */
      there = place >= 0 && place < c->size[a];
      offset += place * c->x.space[a];
    }
    n = (l->j->merge ? along->space[2] - t.space[2] : 1) * along->extent - t.plain;
    if (n > last - i) n = last - i;
    if (l->j->merge && there) gather_stretch(l, &t, offset, n, to, size);
    else
      copy(to, there ? l->x + (offset + t.plain * along->stride) * (int64_t)size : NULL, along->stride, n,
           size);
    if (l->j->merge) t.space[2] = along->space[2] - 1;
    t.plain = 0;
    next_place(along, &t);
  }
}

/* Gathers the block of x with rows from[0].. and inner indices from[1].., of group g, into `buffer`. */
static tn_view gather(const job *j, int64_t g, const int64_t *from, const int64_t *count, void *buffer) {
  const tn_conv *c = j->c;
  const side *lines = j->by_channel ? &j->rows : &j->depth;
  size_t size = tn_dtype_size(c->dtype);
  int across = j->by_channel ? 0 : 1; /* from and count are of rows, then of inner indices */
  int64_t width = count[1 - across];
  line l = {.j = j, .along = j->by_channel ? &j->depth : &j->rows};
  index_t at = line_at(lines, from[across]);
  for (int64_t i = 0; i < count[across]; i++, next_place(lines, &at)) {
    l.x = (const char *)c->x.data + (g * c->x.group + at.plain * lines->stride) * (int64_t)size;
    for (int a = 0; a < TN_CONV_AXES; a++) l.base[a] = at.space[a] * lines->step[a] - c->before[a];
    gather_line(&l, from[1 - across], from[1 - across] + width, (char *)buffer + i * width * (int64_t)size,
                size);
  }
  tn_view v = {
      .data = buffer, .dtype = c->dtype, .rank = 2, .shape = {count[0], count[1]}, .stride = {width, 1}};
  if (!j->by_channel) v.stride[0] = 1, v.stride[1] = width;
  return v;
}

/* ---- blocks of the kernel ---- */

static index_t depth_at(const job *j, int64_t i) {
  return j->by_channel ? along_at(&j->depth, i) : line_at(&j->depth, i);
}

/* The stride of the kernel along the inner dimension, if it is constant and not negative; else -1. */
static int64_t kernel_step(const job *j) {
  const tn_conv *c = j->c;
  int64_t extent[4] = {c->taps[2], c->taps[1], c->taps[0], c->in}, step = -1, n = 1;
  int64_t stride[4] = {c->kernel.space[2], c->kernel.space[1], c->kernel.space[0], c->kernel.row};
  for (int k = 0; k < 4; k++) {
    int a = j->by_channel ? (k + 3) % 4 : k; /* the fastest axis first */
    if (extent[a] == 1) continue;
    if (step < 0) step = stride[a];
    if (step < 0 || stride[a] != step * n) return -1;
    n *= extent[a];
  }
  return step < 0 ? 1 : step;
}

/* The kernel's block with inner indices from[0].. and output channels from[1]..: a view of the kernel if
 * strides allow, else gathered into `buffer`. */
static tn_view kernel_block(const job *j, int64_t g, const int64_t *from, const int64_t *count,
                            void *buffer) {
  const tn_conv *c = j->c;
  size_t size = tn_dtype_size(c->dtype);
  const char *base =
      (const char *)c->kernel.data + (g * c->kernel.group + from[1] * c->kernel.col) * (int64_t)size;
  int64_t step = kernel_step(j);
  tn_view v = {
      .data = buffer, .dtype = c->dtype, .rank = 2, .shape = {count[0], count[1]}, .stride = {count[1], 1}};
  if (step >= 0 && c->kernel.col >= 0) {
    v.data = (void *)(base + from[0] * step * (int64_t)size);
    v.stride[0] = step, v.stride[1] = c->kernel.col;
    return v;
  }
  for (int64_t r = 0; r < count[0]; r++) {
    index_t at = depth_at(j, from[0] + r);
    int64_t offset = at.plain * c->kernel.row;
    for (int a = 0; a < TN_CONV_AXES; a++) offset += at.space[a] * c->kernel.space[a];
    copy((char *)buffer + r * count[1] * (int64_t)size, base + offset * (int64_t)size, c->kernel.col,
         count[1], size);
  }
  return v;
}

/* ---- sums ---- */

#define ADD(T)                                                                                               \
  {                                                                                                          \
    T *y = (T *)c->y.data + to;                                                                              \
    const T *s = (const T *)sums->data + i * n;                                                              \
    if (more)                                                                                                \
      for (int64_t o = 0; o < n; o++) y[o * c->y.col] += s[o];                                               \
    else                                                                                                     \
      for (int64_t o = 0; o < n; o++) y[o * c->y.col] = s[o];                                                \
  }

/* Writes a product to the output, or adds it (`more`). */
static void add_sums(const job *j, int64_t g, int64_t row, int64_t column, const tn_view *sums, bool more) {
  const tn_conv *c = j->c;
  int64_t n = sums->shape[1];
  for (int64_t i = 0; i < sums->shape[0]; i++) {
    index_t at = j->by_channel ? line_at(&j->rows, row + i) : along_at(&j->rows, row + i);
    int64_t to = g * c->y.group + column * c->y.col + at.plain * c->y.row;
    for (int a = 0; a < TN_CONV_AXES; a++) to += at.space[a] * c->y.space[a];
    if (c->dtype == TN_F32) ADD(float)
    else ADD(double)
  }
}

static void run_chunk(void *ctx, int64_t number) {
  const job *j = ctx;
  const tn_conv *c = j->c;
  double left[BLOCK], right[DEPTH * TN_CONV_COLUMNS],
      product[TN_CONV_SUMS]; /* sizes are for doubles; floats use half */
  int64_t g = number / j->chunks, first = number % j->chunks * j->chunk;
  int64_t last = least(first + j->chunk, j->n_rows);
  for (int64_t d = 0; d < j->n_depth; d += DEPTH)
    for (int64_t o = 0; o < c->out; o += TN_CONV_COLUMNS) {
      int64_t depth = least(DEPTH, j->n_depth - d), columns = least(TN_CONV_COLUMNS, c->out - o);
      tn_view b = kernel_block(j, g, (int64_t[]){d, o}, (int64_t[]){depth, columns}, right);
      for (int64_t r = first; r < last; r += j->height) {
        int64_t rows = least(j->height, last - r);
        tn_view a = gather(j, g, (int64_t[]){r, d}, (int64_t[]){rows, depth}, left);
        tn_view sums = tn_matrix(product, c->dtype, rows, columns);
        tn_gemm(1, a, b, 0, sums, 1);
        add_sums(j, g, r, o, &sums, d > 0);
      }
    }
}

/* ---- the whole ---- */

static void split(job *j) {
  const tn_conv *c = j->c;
  const side *along = j->by_channel ? &j->depth : &j->rows;
  j->merge = along->stride == 1 && along->step[2] == 1 && c->x.space[2] == along->extent;
  j->height = least(BLOCK / least(DEPTH, j->n_depth), TN_CONV_SUMS / least(TN_CONV_COLUMNS, c->out));
  j->height = least(j->height, DEPTH);
  j->chunk = j->height * CHUNK;
}

static void convolve_blocks(const tn_conv *c, int threads) {
  job j = {.c = c,
           .rows = side_of(c->batch, c->x.row, c->places, c->stride),
           .depth = side_of(c->in, c->x.col, c->taps, c->dilation),
           .by_channel = c->x.col == 1 || c->x.row != 1};
  j.n_rows = c->batch * volume(c->places);
  j.n_depth = c->in * volume(c->taps);
  split(&j);
  j.chunks = (j.n_rows - 1) / j.chunk + 1;
  tn_parallel_for(j.chunks * c->groups, threads, run_chunk, &j);
}

const tn__conv_kernels *tn__conv_kernels_of(tn_dtype dtype) {
  static const tn__conv_kernels *const kernels[][2] = {
    [TN__BASELINE] = {&tn__conv_f32_baseline, &tn__conv_f64_baseline},
#if defined(__x86_64__) && defined(__gnu_linux__)
    [TN__AVX2] = {&tn__conv_f32_avx2, &tn__conv_f64_avx2},
#ifndef NABLA_WITHOUT_AVX512
    [TN__AVX512] = {&tn__conv_f32_avx512, &tn__conv_f64_avx512},
#endif
#endif
#ifdef __aarch64__
    [TN__NEON] = {&tn__conv_f32_neon, &tn__conv_f64_neon},
#endif
  };
  return kernels[tn__isa_used][dtype == TN_F64];
}

static int64_t common(int64_t a, int64_t b) { return b ? common(b, a % b) : a; }

/* Restricts c along an axis to every `period`-th place from `first` on: only some taps read elements of x
 * there, and these elements are neighbours. */
static void take_class(tn_conv *c, int axis, int64_t first, int64_t period) {
  const int64_t spread = c->spread[axis], step = c->dilation[axis], every = spread / common(step, spread);
  const int64_t at = first * c->stride[axis] - c->before[axis];
  int64_t tap = 0;
  while (tap < every && (at + tap * step) % spread) tap++;
  const int64_t taps = tap < every && tap < c->taps[axis] ? (c->taps[axis] - 1 - tap) / every + 1 : 0;
  c->y.data = (char *)c->y.data + first * c->y.space[axis] * (int64_t)tn_dtype_size(c->dtype);
  c->y.space[axis] *= period;
  c->places[axis] = (c->places[axis] - 1 - first) / period + 1;
  c->kernel.data = (char *)c->kernel.data + tap * c->kernel.space[axis] * (int64_t)tn_dtype_size(c->dtype);
  c->kernel.space[axis] *= every;
  c->taps[axis] = taps;
  c->stride[axis] = c->stride[axis] * period / spread;
  c->dilation[axis] = step * every / spread;
  c->before[axis] = -(at + tap * step) / spread;
  c->spread[axis] = 1;
}

/* ---- no terms: zeros ---- */

void tn__conv_clear_line(const tn_conv *c, void *y, int64_t places, int64_t n) {
  const int64_t size = (int64_t)tn_dtype_size(c->dtype), run = c->y.col == 1 ? n : 1;
  for (int64_t q = 0; q < places; q++)
    for (int64_t o = 0; o < n; o += run)
      memset((char *)y + (q * c->y.space[2] + o * c->y.col) * size, 0, (size_t)(run * size));
}

/* Plane by plane of all examples. */
static void clear_plane(void *ctx, int64_t number) {
  const tn_conv *c = ctx;
  const int64_t size = (int64_t)tn_dtype_size(c->dtype),
                plane = number / c->places[0] * c->y.row + number % c->places[0] * c->y.space[0];
  for (int64_t g = 0; g < c->groups; g++)
    for (int64_t i = 0; i < c->places[1]; i++)
      tn__conv_clear_line(c, (char *)c->y.data + (plane + g * c->y.group + i * c->y.space[1]) * size,
                          c->places[2], c->out);
}

static void clear(const tn_conv *c, int threads) {
  enum { WORTH = 1 << 15 /* elements */ };
  tn_conv all = *c;
  if (c->batch * volume(c->places) * c->groups * c->out < WORTH) threads = 1;
  tn_parallel_for(c->batch * c->places[0], threads, clear_plane, &all);
}

static void convolve_dense(const tn_conv *c, int threads) {
  double work = (double)c->batch * (double)volume(c->places) * (double)c->in * (double)volume(c->taps) *
                (double)c->out * (double)c->groups;
  if (work == 0) {
    clear(c, threads);
    return;
  }
  if (work < WORTH_THREADS) threads = 1;
  if (tn__convolve_groups(c, threads) || tn__convolve_taps(c, threads) || tn__convolve_lines(c, threads))
    return;
  convolve_blocks(c, threads);
}

/* With input dilation, places that are spread / gcd(stride, spread) apart use the same taps. They are a
 * convolution of their own, without zeros between the elements of x. */
void tn_convolve(const tn_conv *c, int threads) {
  int64_t period[TN_CONV_AXES], first[TN_CONV_AXES];
  if (c->batch * volume(c->places) == 0 || c->out == 0) return;
  for (int a = 0; a < TN_CONV_AXES; a++)
    period[a] = least(c->spread[a] / common(c->stride[a], c->spread[a]), c->places[a]);
  for (int64_t number = 0; number < volume(period); number++) {
    tn_conv part = *c;
    int64_t at = number;
    for (int a = TN_CONV_AXES - 1; a >= 0; at /= period[a--]) {
      first[a] = at % period[a];
      if (c->spread[a] > 1) take_class(&part, a, first[a], c->spread[a] / common(c->stride[a], c->spread[a]));
    }
    convolve_dense(&part, threads);
  }
}
