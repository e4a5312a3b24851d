/* conv_taps.c - convolutions of few places and many taps, such as the derivative with respect to the kernel.
 * Rows of the left factor are the examples of x (in that derivative: its channels), which are contiguous;
 * terms are summed along lines of taps (in that derivative: lines of dy). Each thread computes some places
 * and columns of the output. */
#include "tensor/conv_parts.h"
#include "tensor/kernels/conv.h"

#include <string.h>

enum {
  BUFFER = 16384, /* elements of the lines of x that are copied for a line of places */
  COLUMNS = 256,  /* columns of the packed kernel */
  FEW = 16 /* examples: with fewer, a product has all places of a line as rows, perhaps of a copy of x */
};

typedef struct piece {                        /* a part of a line of taps */
  int64_t channel, plane, line, first, at, n; /* first: its first tap; at: its first term in the block */
} piece;

typedef struct taps {
  const tn_conv *c;
  const tn__conv_kernels *kernels;
  bool merge;             /* all places of a line are rows of one product */
  bool copied;            /* and x is copied for that */
  int64_t units, shares;  /* units: places, or lines of them (merge); shares: ranges of units */
  int64_t width, columns; /* width: output channels per range; columns: number of these ranges */
} taps;

typedef struct part {
  const taps *t;
  int64_t group, first, last, column, n; /* units [first, last); output channels [column, column + n) */
  int64_t pieces, terms;
  piece piece[TN__CONV_DEPTH];
  tn__stretch stretch[TN__CONV_DEPTH];
  _Alignas(64) double packed[TN__CONV_DEPTH * COLUMNS], buffer[BUFFER]; /* for doubles; floats use half */
} part;

static void *at(const void *x, int64_t elements, const tn_conv *c) {
  return (char *)(uintptr_t)x + elements * (int64_t)tn_dtype_size(c->dtype);
}

/* Restricts the piece to the taps that read inside x at place q of the last axis. */
static piece inside(const tn_conv *c, const piece *p, int64_t q) {
  const int64_t step = c->dilation[2], start = q * c->stride[2] - c->before[2] + p->first * step;
  const int64_t skip = start < 0 ? (step - 1 - start) / step : 0, room = c->size[2] - start;
  const int64_t end = room > 0 ? least((room - 1) / step + 1, p->n) : 0;
  piece in = *p;
  in.first += skip, in.at += skip, in.n = end - skip;
  return in;
}

/* The range of x that the piece reads for place q (merge: for the places from q[2] on); no terms if it is
 * outside x. */
static tn__stretch stretch_of(part *p, const piece *whole, const int64_t *q, int64_t number) {
  const tn_conv *c = p->t->c;
  const piece s = p->t->merge ? *whole : inside(c, whole, q[2]);
  const int64_t plane = q[0] * c->stride[0] + s.plane * c->dilation[0] - c->before[0];
  const int64_t line = q[1] * c->stride[1] + s.line * c->dilation[1] - c->before[1];
  const int64_t place = q[2] * c->stride[2] + s.first * c->dilation[2] - c->before[2];
  tn__stretch to = {.at = s.at, .n = 0};
  if (plane < 0 || plane >= c->size[0] || line < 0 || line >= c->size[1] || s.n <= 0) return to;
  const int64_t from =
      p->group * c->x.group + s.channel * c->x.col + plane * c->x.space[0] + line * c->x.space[1];
  to.n = s.n;
  if (!p->t->copied) {
    to.a = at(c->x.data, from + place * c->x.space[2], c);
    return to;
  }
  const int64_t pitch = (whole->n - 1) * c->dilation[2] + c->places[2];
  void *copy =
      at(p->buffer, number * c->batch, c); /* earlier pieces use fewer than `number` places of the buffer */
  tn__conv_copy_line(c, at(c->x.data, from, c), (tn__span){place, pitch, c->batch, c->x.row}, copy);
  to.a = copy;
  return to;
}

/* Adds the block's terms to a unit. */
static void add_unit(part *p, int64_t unit) {
  const taps *t = p->t;
  const tn_conv *c = t->c;
  const int64_t along = t->merge ? 1 : c->places[2];
  const int64_t q[] = {unit / along / c->places[1], unit / along % c->places[1], unit % along};
  int64_t n = 0, used = 0;
  for (int64_t i = 0; i < p->pieces; i++) {
    const tn__stretch s = stretch_of(p, &p->piece[i], q, used);
    used += (p->piece[i].n - 1) * c->dilation[2] + c->places[2];
    if (s.n > 0) p->stretch[n++] = s;
  }
  const int64_t y =
      p->group * c->y.group + p->column + q[0] * c->y.space[0] + q[1] * c->y.space[1] + q[2] * c->y.space[2];
  t->kernels->taps(&(tn__taps){.stretches = p->stretch,
                               .n_stretches = n,
                               .cs = c->dilation[2] * (t->copied ? c->batch : c->x.space[2]),
                               .b = p->packed,
                               .c = at(c->y.data, y, c),
                               .rows = c->batch * (t->merge ? c->places[2] : 1),
                               .crs = c->y.row,
                               .n = p->n});
}

static void add_block(part *p) {
  for (int64_t unit = p->first; unit < p->last && p->terms > 0; unit++) add_unit(p, unit);
  p->pieces = p->terms = 0;
}

/* Adds a line of taps to the terms of the block; sums the block when it is full. */
static void take_line(part *p, int64_t channel, int64_t plane, int64_t line) {
  const tn_conv *c = p->t->c;
  const int64_t from = p->group * c->kernel.group + channel * c->kernel.row + plane * c->kernel.space[0] +
                       line * c->kernel.space[1] + p->column;
  for (int64_t first = 0, n; first < c->taps[2]; first += n) {
    n = least(c->taps[2] - first, TN__CONV_DEPTH - p->terms);
    p->piece[p->pieces++] = (piece){channel, plane, line, first, p->terms, n};
    p->t->kernels->pack(&(tn__terms){.from = at(c->kernel.data, from + first * c->kernel.space[2], c),
                                     .along = c->kernel.space[2],
                                     .at = p->terms,
                                     .count = n,
                                     .n = p->n,
                                     .to = p->packed});
    p->terms += n;
    if (p->terms == TN__CONV_DEPTH) add_block(p);
  }
}

static void clear(const part *p) {
  const taps *t = p->t;
  const tn_conv *c = t->c;
  const int64_t first = t->merge ? p->first * c->places[2] : p->first,
                last = t->merge ? p->last * c->places[2] : p->last;
  for (int64_t q = first; q < last; q++) {
    const int64_t y = p->group * c->y.group + p->column + q / c->places[2] / c->places[1] * c->y.space[0] +
                      q / c->places[2] % c->places[1] * c->y.space[1] + q % c->places[2] * c->y.space[2];
    for (int64_t i = 0; i < c->batch; i++)
      tn__conv_clear_line(c, at(c->y.data, y + i * c->y.row, c), 1, p->n);
  }
}

static void run_part(void *ctx, int64_t number) {
  const taps *t = ctx;
  const tn_conv *c = t->c;
  const int64_t share = number % t->shares, column = number / t->shares % t->columns * t->width;
  part p;
  p.t = t, p.group = number / t->shares / t->columns;
  p.first = t->units * share / t->shares, p.last = t->units * (share + 1) / t->shares;
  p.column = column, p.n = least(t->width, c->out - column);
  p.pieces = p.terms = 0;
  clear(&p);
  for (int64_t channel = 0; channel < c->in; channel++)
    for (int64_t plane = 0; plane < c->taps[0]; plane++)
      for (int64_t line = 0; line < c->taps[1]; line++) take_line(&p, channel, plane, line);
  add_block(&p);
}

/* Chooses what the rows of a product are: all places of a line, with x in place or copied; else the examples
 * of one place. False: no choice is possible. */
static bool choose_rows(taps *t) {
  const tn_conv *c = t->c;
  const int64_t reach = (c->taps[2] - 1) * c->dilation[2] + c->places[2];
  const bool lies = c->x.row == 1 || c->batch == 1;
  t->merge = c->batch < FEW && c->places[2] > 1 && c->stride[2] == 1 && c->y.space[2] == c->batch * c->y.row;
  if (t->merge && lies && c->x.space[2] == c->batch && c->before[2] <= 0 &&
      reach - c->before[2] <= c->size[2])
    return true;
  const int64_t pieces = TN__CONV_DEPTH / c->taps[2] + 2; /* the most pieces of a block */
  t->copied = t->merge && pieces <= BUFFER / c->batch / reach;
  t->merge = t->copied;
  return lies || t->merge;
}

bool tn__convolve_taps(const tn_conv *c, int threads) {
  taps t = {.c = c, .kernels = tn__conv_kernels_of(c->dtype)};
  const bool turned = c->x.row == 1 && c->x.col != 1; /* examples and channels have changed roles */
  if ((!turned && volume(c->taps) < volume(c->places)) || !(c->kernel.col == 1 || c->out == 1) ||
      !(c->y.col == 1 || c->out == 1) || !choose_rows(&t))
    return false;
  const int64_t strips = (c->out - 1) / TN__CONV_STRIP + 1, wanted = threads > 0 ? threads : tn_max_threads();
  const int64_t fewest = (c->out - 1) / COLUMNS + 1, most = least(strips, wanted);
  const int64_t columns = most > fewest ? most : fewest;
  t.width = ((strips - 1) / columns + 1) * TN__CONV_STRIP;
  t.columns = (c->out - 1) / t.width + 1;
  t.units = volume(c->places) / (t.merge ? c->places[2] : 1);
  t.shares = least(t.units, (wanted - 1) / (t.columns * c->groups) + 1);
  tn_parallel_for(c->groups * t.columns * t.shares, threads, run_part, &t);
  return true;
}
