/* conv_lines.c - convolutions with contiguous output channels. A block of the image with its padding is
 * copied into a buffer of fixed size, some channels at a time. The rows of the left factor are windows of
 * that buffer, one per place of the output, a constant distance apart; they overlap. */
#include "tensor/conv_parts.h"
#include "tensor/kernels/conv.h"

#include <string.h>

enum {
  BUFFER = 65536, /* elements of the block that is copied */
  CHANNELS = 64,  /* channels that are copied at once, if a line of taps has too many terms for one block */
  PLACES = 768,   /* places of the output per block: few enough for all threads, enough to repay packing the
                   * kernel */
  FEWEST = 64
};

typedef struct lines {
  const tn_conv *c;
  const tn__conv_kernels *kernels;
  int64_t chunk;                 /* channels at once */
  int64_t width, height, images; /* of a block: places per line, lines, examples */
  int64_t pieces, heights, many; /* number of blocks along each of these */
  int64_t pitch, read;           /* of the buffer: places per line, lines per example */
} lines;

static int64_t reach(const tn_conv *c, int axis, int64_t places) {
  return (places - 1) * c->stride[axis] + (c->taps[axis] - 1) * c->dilation[axis] + 1;
}

static int64_t pieces_of(int64_t n, int64_t piece) { return (n - 1) / piece + 1; }

/* The size of pieces of n that are about equal and not larger than `most`. */
static int64_t even(int64_t n, int64_t most) { return pieces_of(n, pieces_of(n, most)); }

static void measure(lines *l) {
  l->pitch = reach(l->c, 2, l->width);
  l->read = reach(l->c, 1, l->height);
}

static bool fits(const lines *l) { return l->pitch <= BUFFER / l->chunk / l->read; }

/* Chooses blocks as large as the buffer and `places` allow; bits do not depend on them. False: not one line
 * fits. */
static bool cut(lines *l, int64_t places) {
  const tn_conv *c = l->c;
  l->images = l->height = 1;
  l->width = even(c->places[2], places);
  for (measure(l); !fits(l) && l->width > 1; measure(l)) l->width = even(c->places[2], l->width - 1);
  if (!fits(l)) return false;
  if (l->width == c->places[2]) {
    for (; l->height < c->places[1] && (l->height + 1) * l->width <= places; l->height++) {
      lines more = *l;
      more.height++;
      measure(&more);
      if (!fits(&more)) break;
    }
    l->height = even(c->places[1], l->height);
    measure(l);
    if (l->height == c->places[1] && c->places[0] == 1)
      l->images = least(least(c->batch, places / (l->width * l->height) + 1),
                        BUFFER / (l->pitch * l->read * l->chunk));
  }
  l->pieces = pieces_of(c->places[2], l->width);
  l->heights = pieces_of(c->places[1], l->height);
  l->many = pieces_of(c->batch, l->images);
  return l->images * l->height <= PLACES;
}

/* ---- the copy ---- */

typedef struct block { /* of the output: first example, plane, line and place; number of each */
  int64_t image, plane, line, place, images, lines, places, group;
} block;

static void copy_place(const tn__span *s, size_t size, const char *from, char *to) {
  if (s->apart == 1) memcpy(to, from, (size_t)s->n * size);
  else
    for (int64_t i = 0; i < s->n; i++, to += size, from += s->apart * (int64_t)size) memcpy(to, from, size);
}

void tn__conv_copy_line(const tn_conv *c, const void *x, tn__span s, void *copy) {
  const int64_t size = (int64_t)tn_dtype_size(c->dtype), place = s.n * size, step = c->x.space[2] * size;
  const int64_t first = s.start < 0 ? least(-s.start, s.places) : 0;
  const int64_t last = x && c->size[2] - s.start > first ? least(c->size[2] - s.start, s.places) : first;
  const char *from = x ? (const char *)x + (s.start + first) * step : NULL;
  char *to = (char *)copy + first * place;
  memset(copy, 0, (size_t)(first * place));
  memset((char *)copy + last * place, 0, (size_t)((s.places - last) * place));
  if (last > first && s.apart == 1 && step == place) memcpy(to, from, (size_t)((last - first) * place));
  else
    for (int64_t i = first; i < last; i++, from += step, to += place) copy_place(&s, (size_t)size, from, to);
}

/* Copies channels [first, first + n) of all that the block reads in plane p of x. */
static void copy_block(const lines *l, const block *b, int64_t p, int64_t first, int64_t n, char *to) {
  const tn_conv *c = l->c;
  const int64_t size = (int64_t)tn_dtype_size(c->dtype), read = reach(c, 1, b->lines);
  const tn__span s = {b->place * c->stride[2] - c->before[2], l->pitch, n, c->x.col};
  for (int64_t k = 0; k < b->images; k++)
    for (int64_t i = 0; i < read; i++, to += l->pitch * n * size) {
      const int64_t at = b->line * c->stride[1] - c->before[1] + i;
      const int64_t from = b->group * c->x.group + (b->image + k) * c->x.row + p * c->x.space[0] +
                           at * c->x.space[1] + first * c->x.col;
      const bool there = at >= 0 && at < c->size[1];
      tn__conv_copy_line(c, there ? (const char *)c->x.data + from * size : NULL, s, to);
    }
}

/* ---- products ---- */

/* Sets where lines start in the buffer and in y. */
static void place_lines(const lines *l, const block *b, int64_t n, int64_t *from, int64_t *to) {
  const tn_conv *c = l->c;
  const int64_t read = reach(c, 1, b->lines);
  for (int64_t k = 0, at = 0; k < b->images; k++)
    for (int64_t i = 0; i < b->lines; i++, at++) {
      from[at] = (k * read + i * c->stride[1]) * l->pitch * n;
      to[at] = k * c->y.row + i * c->y.space[1];
    }
}

static const void *at(const void *x, int64_t elements, const tn_conv *c) {
  return (const char *)x + elements * (int64_t)tn_dtype_size(c->dtype);
}

/* Multiplies by all taps of one plane: as many lines of taps at once as a block has terms for; a longer line
 * in parts. */
static void multiply_plane(const lines *l, tn__lines *p, const void *buffer, const void *kernel) {
  const tn_conv *c = l->c;
  const bool merge = c->dilation[2] == 1; /* taps and channels of a line are contiguous in the buffer */
  const int64_t most = TN__CONV_DEPTH / p->chunk, many = least(c->taps[2], most);
  const int64_t rows = merge && many == c->taps[2] ? most / many : 1;
  const int64_t a_tap = c->dilation[2] * p->chunk, a_row = c->dilation[1] * l->pitch * p->chunk;
  for (int64_t k1 = 0; k1 < c->taps[1]; k1 += rows)
    for (int64_t k2 = 0; k2 < c->taps[2]; k2 += many, p->more = true) {
      const int64_t taps = least(many, c->taps[2] - k2);
      p->a = at(buffer, k1 * a_row + k2 * a_tap, c);
      p->b = at(kernel, k1 * c->kernel.space[1] + k2 * c->kernel.space[2], c);
      p->segments = merge ? least(rows, c->taps[1] - k1) : taps;
      p->taps = merge ? taps : 1;
      p->a_segment = merge ? a_row : a_tap;
      p->b_segment = c->kernel.space[merge ? 1 : 2];
      l->kernels->lines(p);
    }
}

static void clear(const tn_conv *c, const tn__lines *p) {
  const size_t bytes = (size_t)p->n * tn_dtype_size(c->dtype);
  for (int64_t i = 0; i < p->lines; i++)
    for (int64_t q = 0; q < p->width; q++)
      memset((void *)(uintptr_t)at(p->c, p->c_line[i] + q * p->crs, c), 0, bytes);
}

static block block_at(const lines *l, int64_t number) {
  const tn_conv *c = l->c;
  block b;
  b.place = number % l->pieces * l->width, number /= l->pieces;
  b.line = number % l->heights * l->height, number /= l->heights;
  b.plane = number % c->places[0], number /= c->places[0];
  b.image = number % l->many * l->images, b.group = number / l->many;
  b.places = least(l->width, c->places[2] - b.place), b.lines = least(l->height, c->places[1] - b.line);
  b.images = least(l->images, c->batch - b.image);
  return b;
}

static void run_block(void *ctx, int64_t number) {
  const lines *l = ctx;
  const tn_conv *c = l->c;
  _Alignas(64) double buffer[BUFFER]; /* sizes are for doubles; floats use half */
  int64_t from[PLACES], to[PLACES];
  const block b = block_at(l, number);
  const int64_t y = b.group * c->y.group + b.image * c->y.row + b.plane * c->y.space[0] +
                    b.line * c->y.space[1] + b.place * c->y.space[2];
  tn__lines p = {.c = (void *)(uintptr_t)at(c->y.data, y, c),
                 .a_line = from,
                 .c_line = to,
                 .lines = b.images * b.lines,
                 .width = b.places,
                 .crs = c->y.space[2],
                 .b_tap = c->kernel.space[2],
                 .brs = c->kernel.row,
                 .bcs = c->kernel.col,
                 .n = c->out};
  for (int64_t first = 0; first < c->in; first += l->chunk) {
    p.chunk = least(l->chunk, c->in - first), p.ars = c->stride[2] * p.chunk;
    place_lines(l, &b, p.chunk, from, to);
    for (int64_t k = 0; k < c->taps[0]; k++) {
      const int64_t plane = b.plane * c->stride[0] + k * c->dilation[0] - c->before[0];
      if (plane < 0 || plane >= c->size[0]) continue;
      copy_block(l, &b, plane, first, p.chunk, (char *)buffer);
      const int64_t kernel = b.group * c->kernel.group + first * c->kernel.row + k * c->kernel.space[0];
      multiply_plane(l, &p, buffer, at(c->kernel.data, kernel, c));
    }
  }
  if (!p.more) clear(c, &p);
}

bool tn__convolve_lines(const tn_conv *c, int threads) {
  lines l = {.c = c, .kernels = tn__conv_kernels_of(c->dtype), .chunk = c->in};
  if (c->in * c->taps[2] > TN__CONV_DEPTH) l.chunk = even(c->in, CHANNELS);
  const int64_t share = c->groups * c->batch * volume(c->places) / (4 * (threads > 0 ? threads : 1));
  const int64_t places = share < FEWEST ? FEWEST : least(share, PLACES);
  if (!(c->y.col == 1 || c->out == 1) || !cut(&l, places)) return false;
  tn_parallel_for(c->groups * l.many * c->places[0] * l.heights * l.pieces, threads, run_block, &l);
  return true;
}
