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
  FEWEST = 64,
  FEWEST_TERMS = 16 /* channels with which one tap at a time pays */
};

typedef struct lines {
  const tn_conv *c;
  const tn__conv_kernels *kernels;
  int64_t chunk;                 /* channels at once */
  int64_t width, height, images; /* of a block: places per line, lines, examples */
  int64_t pieces, heights, many; /* number of blocks along each of these */
  int64_t pitch, read;           /* of the buffer: places per line, lines per example */
  bool skip;                     /* a tap is left out at places where it lies outside the image */
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

typedef struct starts { /* of lines: in the buffer and in y */
  int64_t from[PLACES], to[PLACES];
} starts;

typedef struct range { /* of places along an axis */
  int64_t first, n;
} range;

/* Those of n places from `first` on that have the tap inside the image, counted from `first`. */
static range places_inside(const tn_conv *c, int axis, range places, int64_t tap) {
  const int64_t step = c->stride[axis],
                start = places.first * step - c->before[axis] + tap * c->dilation[axis];
  const int64_t skip = start < 0 ? least((step - 1 - start) / step, places.n) : 0,
                end = start < c->size[axis] ? least((c->size[axis] - 1 - start) / step + 1, places.n) : 0;
  return (range){skip, end > skip ? end - skip : 0};
}

/* Sets where the lines of the block start (skip: those that have this line of taps inside the image); returns
 * their number. */
static int64_t place_lines(const lines *l, const block *b, int64_t tap, int64_t n, starts *s) {
  const tn_conv *c = l->c;
  const int64_t read = reach(c, 1, b->lines);
  const range in = l->skip ? places_inside(c, 1, (range){b->line, b->lines}, tap) : (range){0, b->lines};
  int64_t at = 0;
  for (int64_t k = 0; k < b->images; k++)
    for (int64_t i = in.first; i < in.first + in.n; i++, at++) {
      s->from[at] = (k * read + i * c->stride[1]) * l->pitch * n;
      s->to[at] = k * c->y.row + i * c->y.space[1];
    }
  return at;
}

static const void *at(const void *x, int64_t elements, const tn_conv *c) {
  return (const char *)x + elements * (int64_t)tn_dtype_size(c->dtype);
}

/* Multiplies by taps of a line of taps (skip: by one, at the places that have it inside the image). */
static void multiply_taps(const lines *l, const block *b, int64_t tap, const tn__lines *whole) {
  tn__lines p = *whole;
  if (l->skip) {
    const range in = places_inside(l->c, 2, (range){b->place, b->places}, tap);
    p.a = at(p.a, in.first * p.ars, l->c), p.c = (void *)(uintptr_t)at(p.c, in.first * p.crs, l->c);
    p.width = in.n;
  }
  if (p.lines > 0 && p.width > 0) l->kernels->lines(&p);
}

/* Multiplies by all taps of one plane: as many lines of taps at once as a block has terms for; a longer line
 * in parts (skip: one tap at a time). */
static void multiply_plane(const lines *l, const block *b, tn__lines *p, const void *buffer,
                           const void *kernel) {
  const tn_conv *c = l->c;
  const bool merge = c->dilation[2] == 1; /* taps and channels of a line are contiguous in the buffer */
  const int64_t most = TN__CONV_DEPTH / p->chunk, many = l->skip ? 1 : least(c->taps[2], most);
  const int64_t rows = merge && many == c->taps[2] && !l->skip ? most / many : 1;
  const int64_t a_tap = c->dilation[2] * p->chunk, a_row = c->dilation[1] * l->pitch * p->chunk;
  starts s;
  p->a_line = s.from, p->c_line = s.to;
  for (int64_t k1 = 0; k1 < c->taps[1]; k1 += rows) {
    if (k1 == 0 || l->skip) p->lines = place_lines(l, b, k1, p->chunk, &s);
    for (int64_t k2 = 0; k2 < c->taps[2]; k2 += many, p->more = true) {
      const int64_t taps = least(many, c->taps[2] - k2);
      p->a = at(buffer, k1 * a_row + k2 * a_tap, c);
      p->b = at(kernel, k1 * c->kernel.space[1] + k2 * c->kernel.space[2], c);
      p->segments = merge ? least(rows, c->taps[1] - k1) : taps;
      p->taps = merge ? taps : 1;
      p->a_segment = merge ? a_row : a_tap;
      p->b_segment = c->kernel.space[merge ? 1 : 2];
      multiply_taps(l, b, k2, p);
    }
  }
  p->a_line = p->c_line = NULL; /* s ends here */
}

static void clear(const tn_conv *c, const block *b, const tn__lines *p) {
  for (int64_t k = 0; k < b->images; k++)
    for (int64_t i = 0; i < b->lines; i++)
      tn__conv_clear_line(c, (void *)(uintptr_t)at(p->c, k * c->y.row + i * c->y.space[1], c), b->places,
                          p->n);
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
  const block b = block_at(l, number);
  const int64_t y = b.group * c->y.group + b.image * c->y.row + b.plane * c->y.space[0] +
                    b.line * c->y.space[1] + b.place * c->y.space[2];
  tn__lines p = {.c = (void *)(uintptr_t)at(c->y.data, y, c),
                 .width = b.places,
                 .crs = c->y.space[2],
                 .b_tap = c->kernel.space[2],
                 .brs = c->kernel.row,
                 .bcs = c->kernel.col,
                 .n = c->out};
  if (l->skip) clear(c, &b, &p), p.more = true;
  for (int64_t first = 0; first < c->in; first += l->chunk) {
    p.chunk = least(l->chunk, c->in - first), p.ars = c->stride[2] * p.chunk;
    for (int64_t k = 0; k < c->taps[0]; k++) {
      const int64_t plane = b.plane * c->stride[0] + k * c->dilation[0] - c->before[0];
      if (plane < 0 || plane >= c->size[0]) continue;
      copy_block(l, &b, plane, first, p.chunk, (char *)buffer);
      const int64_t kernel = b.group * c->kernel.group + first * c->kernel.row + k * c->kernel.space[0];
      multiply_plane(l, &b, &p, buffer, at(c->kernel.data, kernel, c));
    }
  }
  if (!p.more) clear(c, &b, &p);
}

/* Whether so many pairs of a place and a tap lie outside the image that it pays to leave them out. */
static bool much_outside(const tn_conv *c) {
  static const double LITTLE = 0.65; /* share of the pairs that is inside */
  double inside = 1, all = 1;
  for (int a = 1; a < TN_CONV_AXES; a++) {
    double n = 0;
    for (int64_t k = 0; k < c->taps[a]; k++) n += (double)places_inside(c, a, (range){0, c->places[a]}, k).n;
    inside *= n, all *= (double)(c->taps[a] * c->places[a]);
  }
  return inside < LITTLE * all;
}

bool tn__convolve_lines(const tn_conv *c, int threads) {
  lines l = {.c = c, .kernels = tn__conv_kernels_of(c->dtype), .chunk = c->in};
  if (c->in * c->taps[2] > TN__CONV_DEPTH) l.chunk = even(c->in, CHANNELS);
  l.skip = l.chunk >= FEWEST_TERMS && much_outside(c);
  const int64_t share = c->groups * c->batch * volume(c->places) / (4 * (threads > 0 ? threads : 1));
  const int64_t places = share < FEWEST ? FEWEST : least(share, PLACES);
  if (!(c->y.col == 1 || c->out == 1) || !cut(&l, places)) return false;
  tn_parallel_for(c->groups * l.many * c->places[0] * l.heights * l.pieces, threads, run_block, &l);
  return true;
}
