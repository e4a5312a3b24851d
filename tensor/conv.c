/* conv.c - convolutions as products of small blocks. The rows of a product are places of the output (of all
 * examples), its depth is taps and input channels, its columns are output channels. A block of the left
 * factor is gathered from the image into a fixed buffer, multiplied, and added to the output; no buffer grows
 * with image, batch or kernel. Blocks follow from the shape alone, so bits do not depend on threads. Groups
 * of few channels are summed directly, all groups at once. */
#include "tensor/conv.h"
#include "tensor/isa.h"
#include "tensor/vmath.h"

#include <string.h>

enum {
  DEPTH = 256,   /* of a block */
  COLUMNS = 128, /* of a block */
  BLOCK = 16384, /* elements of a gathered block */
  SUMS = 8192,   /* elements of its product */
  CHUNK = 8,     /* blocks of rows for which one block of the kernel is gathered once */
  NARROW = 8     /* output channels of a group: with fewer a product does not pay */
};
static const double WORTH_THREADS = 1e6; /* multiplications */

/* One side of the gathered block: its indices are an example (or channel) and a place (or tap). */
typedef struct side {
  int64_t extent, stride; /* of examples or channels; in x */
  int64_t space[TN_CONV_AXES], step[TN_CONV_AXES];
} side;

typedef struct index {
  int64_t plain, space[TN_CONV_AXES];
} index_t;

typedef struct job {
  const tn_conv *c;
  side rows, depth;
  bool
      by_channel; /* channels lie side by side in x: lines of the block run along the depth (else the rows) */
  bool merge;     /* ... and those of neighbouring taps lie side by side too */
  int64_t n_rows, n_depth, height, chunk, chunks; /* rows of a block and of a chunk; chunks of a group */
} job;

static int64_t volume(const int64_t *space) { return space[0] * space[1] * space[2]; }

/* ---- indices: of lines of the block (example slowest), and along a line (channel fastest) ---- */

static index_t line_at(const side *s, int64_t i) {
  index_t at;
  for (int a = TN_CONV_AXES - 1; a >= 0; i /= s->space[a--]) at.space[a] = i % s->space[a];
  at.plain = i;
  return at;
}

static index_t along_at(const side *s, int64_t i) {
  index_t at = line_at(s, i / s->extent);
  at.plain = i % s->extent;
  return at;
}

static void next_place(const side *s, index_t *at) {
  for (int a = TN_CONV_AXES - 1; a >= 0; a--) {
    if (++at->space[a] < s->space[a]) return;
    at->space[a] = 0;
  }
  at->plain++;
}

/* ---- elements ---- */

typedef uint32_t __attribute__((may_alias)) word32;
typedef uint64_t __attribute__((may_alias)) word64;

#define COPY(T)                                                                                              \
  if (from)                                                                                                  \
    for (int64_t i = 0; i < n; i++) ((T *)to)[i] = ((const T *)from)[i * stride];                            \
  else                                                                                                       \
    for (int64_t i = 0; i < n; i++) ((T *)to)[i] = 0;

/* n elements side by side from n that are `stride` apart; zeros if from is NULL. */
static void copy(void *to, const void *from, int64_t stride, int64_t n, size_t size) {
  enum { LONG = 32 };
  if (stride == 1 && from && n >= LONG) memcpy(to, from, (size_t)n * size);
  else if (size == sizeof(word32)) {
    COPY(word32)
  } else {
    COPY(word64)
  }
}

/* Where in x a place lies whose coordinate before spreading is `at`; false: nowhere. */
static bool inside(const tn_conv *c, int axis, int64_t at, int64_t *place) {
  if (c->spread[axis] > 1) {
    if (at < 0 || at % c->spread[axis]) return false;
    at /= c->spread[axis];
  }
  *place = at;
  return at >= 0 && at < c->size[axis];
}

/* ---- gathering a block of x ---- */

typedef struct line { /* one line of the block */
  const job *j;
  const side *along;
  const char *x; /* its example or channel */
  int64_t base[TN_CONV_AXES];
} line;

/* Neighbouring taps and their channels: one stretch of x, cut off where x ends. */
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
    int64_t place[TN_CONV_AXES], offset = 0;
    bool there = true;
    for (int a = 0; a < (l->j->merge ? 2 : 3) && there; a++) {
      there = inside(c, a, l->base[a] + t.space[a] * along->step[a], &place[a]);
      if (there) offset += place[a] * c->x.space[a];
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

/* Rows [row, row + n_rows) by depths [depth, depth + n_depth) of group g, as a view of `buffer`. */
static tn_view gather(const job *j, int64_t g, const int64_t *from, const int64_t *count, void *buffer) {
  const tn_conv *c = j->c;
  const side *lines = j->by_channel ? &j->rows : &j->depth;
  size_t size = tn_dtype_size(c->dtype);
  int across = j->by_channel ? 0 : 1; /* from, count: of rows, of depths */
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

/* The stride from depth to depth, if there is one that is not negative; else -1. */
static int64_t kernel_step(const job *j) {
  const tn_conv *c = j->c;
  int64_t extent[4] = {c->taps[2], c->taps[1], c->taps[0], c->in}, step = -1, n = 1;
  int64_t stride[4] = {c->kernel.space[2], c->kernel.space[1], c->kernel.space[0], c->kernel.row};
  for (int k = 0; k < 4; k++) {
    int a = j->by_channel ? (k + 3) % 4 : k; /* fastest first */
    if (extent[a] == 1) continue;
    if (step < 0) step = stride[a];
    if (step < 0 || stride[a] != step * n) return -1;
    n *= extent[a];
  }
  return step < 0 ? 1 : step;
}

/* Depths from[0].. by output channels from[1]..: where they lie, or gathered into `buffer`. */
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

/* A product becomes part of the output: its first part, or on top of what is there. */
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

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

static void run_chunk(void *ctx, int64_t number) {
  const job *j = ctx;
  const tn_conv *c = j->c;
  double left[BLOCK], right[DEPTH * COLUMNS], product[SUMS]; /* as many floats need half of them */
  int64_t g = number / j->chunks, first = number % j->chunks * j->chunk;
  int64_t last = least(first + j->chunk, j->n_rows);
  for (int64_t d = 0; d < j->n_depth; d += DEPTH)
    for (int64_t o = 0; o < c->out; o += COLUMNS) {
      int64_t depth = least(DEPTH, j->n_depth - d), columns = least(COLUMNS, c->out - o);
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

/* ---- groups of few channels: all groups of a place at once, tap after tap ---- */

enum { PAIRS = 128 }; /* taps and input channels that are summed before the sums are stored */

typedef struct pairs { /* offsets in x and in the kernel */
  int64_t n, x[PAIRS], kernel[PAIRS];
} pairs;

/* The product of pair i + m at group g. */
#define TERM(m) x[p->x[i + m] + g] * k[p->kernel[i + m] + g]

/* y[g] = (y[g] if more) + the pairs' products, in their order, for each group g. */
#define SUM_GROUPS(T)                                                                                        \
  TN_ANY void sum_groups_##T##_any(const tn_conv *c, const pairs *p, int64_t ko, int64_t yo, bool more) {    \
    const T *x = c->x.data, *k = (const T *)c->kernel.data + ko;                                             \
    T *y = (T *)c->y.data + yo;                                                                              \
    int64_t n = c->groups, xs = c->x.group, ks = c->kernel.group, ys = c->y.group, i = 0;                    \
    for (int64_t g = 0; g < n && !more; g++) y[g * ys] = 0;                                                  \
    bool dense = xs == 1 && ks == 1 && ys == 1;                                                              \
    for (; i + 4 <= p->n && dense; i += 4) {                                                                 \
      TN_IVDEP for (int64_t g = 0; g < n; g++) y[g] = (((y[g] + TERM(0)) + TERM(1)) + TERM(2)) + TERM(3);    \
    }                                                                                                        \
    for (; i < p->n && dense; i++) { TN_IVDEP for (int64_t g = 0; g < n; g++) y[g] += TERM(0); }             \
    for (; i < p->n; i++)                                                                                    \
      for (int64_t g = 0; g < n; g++) y[g * ys] += x[p->x[i] + g * xs] * k[p->kernel[i] + g * ks];           \
  }                                                                                                          \
  TN_BY_ISA(sum_groups_##T, (const tn_conv *c, const pairs *p, int64_t ko, int64_t yo, bool more),           \
            (c, p, ko, yo, more))
SUM_GROUPS(float)
SUM_GROUPS(double)

/* What has been gathered goes to every output channel of the place. */
static void flush(const tn_conv *c, pairs *p, int64_t yo, bool *more) {
  for (int64_t o = 0; o < c->out; o++) {
    if (c->dtype == TN_F32) sum_groups_float(c, p, o * c->kernel.col, yo + o * c->y.col, *more);
    else sum_groups_double(c, p, o * c->kernel.col, yo + o * c->y.col, *more);
  }
  p->n = 0;
  *more = true;
}

typedef struct reach {                       /* the taps of one axis that meet an element of x */
  int64_t n, x, x_step, kernel, kernel_step; /* how many; offsets of the first, and from one to the next */
} reach;

static reach reach_of(const tn_conv *c, int axis, int64_t place) {
  int64_t spread = c->spread[axis], step = c->dilation[axis], at = place * c->stride[axis] - c->before[axis];
  int64_t first = at >= 0 ? 0 : (step - 1 - at) / step, period = 1;
  reach r = {.n = 0};
  while (period < c->taps[axis] && period * step % spread) period++;
  for (int64_t i = 0; (at + first * step) % spread; i++, first++)
    if (i == period) return r;
  int64_t room = (c->size[axis] - 1) * spread - at - first * step, left = c->taps[axis] - 1 - first;
  if (room < 0 || left < 0) return r;
  room = room / (period * step), left /= period;
  r = (reach){.n = least(room, left) + 1,
              .x = (at + first * step) / spread * c->x.space[axis],
              .x_step = period * step / spread * c->x.space[axis],
              .kernel = first * c->kernel.space[axis],
              .kernel_step = period * c->kernel.space[axis]};
  return r;
}

static void add_pairs(const tn_conv *c, pairs *p, int64_t x, int64_t kernel, int64_t yo, bool *more) {
  for (int64_t i = 0; i < c->in; i++) {
    p->x[p->n] = x + i * c->x.col;
    p->kernel[p->n++] = kernel + i * c->kernel.row;
    if (p->n == PAIRS) flush(c, p, yo, more);
  }
}

static void run_place(const tn_conv *c, const reach *r, int64_t x, int64_t yo) {
  pairs p;
  bool more = false;
  p.n = 0;
  x += r[0].x + r[1].x + r[2].x;
  for (int64_t i = 0; i < r[0].n; i++)
    for (int64_t j = 0; j < r[1].n; j++)
      for (int64_t k = 0; k < r[2].n; k++)
        add_pairs(c, &p, x + i * r[0].x_step + j * r[1].x_step + k * r[2].x_step,
                  r[0].kernel + r[1].kernel + r[2].kernel + i * r[0].kernel_step + j * r[1].kernel_step +
                      k * r[2].kernel_step,
                  yo, &more);
  if (p.n > 0 || !more) flush(c, &p, yo, &more);
}

static void run_rows(void *ctx, int64_t number) {
  const job *j = ctx;
  const tn_conv *c = j->c;
  int64_t first = number * j->chunk, last = least(first + j->chunk, j->n_rows);
  index_t at = line_at(&j->rows, first), done = {.space = {-1, -1, -1}};
  reach r[TN_CONV_AXES];
  for (int64_t row = first; row < last; row++, next_place(&j->rows, &at)) {
    int64_t yo = at.plain * c->y.row;
    for (int a = 0; a < TN_CONV_AXES; a++) {
      if (at.space[a] != done.space[a]) r[a] = reach_of(c, a, at.space[a]);
      yo += at.space[a] * c->y.space[a];
    }
    done = at;
    run_place(c, r, at.plain * c->x.row, yo);
  }
}

/* ---- the whole ---- */

static side side_of(int64_t extent, int64_t stride, const int64_t *space, const int64_t *step) {
  side s = {.extent = extent, .stride = stride};
  memcpy(s.space, space, sizeof s.space);
  memcpy(s.step, step, sizeof s.step);
  return s;
}

static void split(job *j) {
  const tn_conv *c = j->c;
  const side *along = j->by_channel ? &j->depth : &j->rows;
  j->merge = along->stride == 1 && along->step[2] == 1 && c->spread[2] == 1 && c->x.space[2] == along->extent;
  j->height = least(BLOCK / least(DEPTH, j->n_depth), SUMS / least(COLUMNS, c->out));
  j->height = least(j->height, DEPTH);
  j->chunk = j->height * CHUNK;
}

void tn_convolve(const tn_conv *c, int threads) {
  job j = {.c = c,
           .rows = side_of(c->batch, c->x.row, c->places, c->stride),
           .depth = side_of(c->in, c->x.col, c->taps, c->dilation),
           .by_channel = c->x.col == 1 || c->x.row != 1};
  j.n_rows = c->batch * volume(c->places);
  j.n_depth = c->in * volume(c->taps);
  double work = (double)j.n_rows * (double)j.n_depth * (double)c->out * (double)c->groups;
  if (j.n_rows == 0 || c->out == 0 || c->groups == 0) return;
  bool direct = j.n_depth == 0 || (c->groups >= NARROW / 2 && c->out < NARROW);
  if (direct) j.chunk = least(16, j.n_rows / 4 + 1);
  else split(&j);
  j.chunks = (j.n_rows - 1) / j.chunk + 1;
  if (work < WORTH_THREADS) threads = 1;
  if (direct) tn_parallel_for(j.chunks, threads, run_rows, &j);
  else tn_parallel_for(j.chunks * c->groups, threads, run_chunk, &j);
}
