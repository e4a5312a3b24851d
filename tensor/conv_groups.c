/* conv_groups.c - convolutions with few channels per group (depthwise): tap after tap, for all groups of a
 * place at once. */
#include "tensor/conv_parts.h"
#include "tensor/isa.h"
#include "tensor/vmath.h"

#include <string.h>

enum { PAIRS = 128 }; /* pairs of a tap and an input channel that are summed before the sums are stored */

typedef struct pairs { /* their offsets in x and in the kernel */
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

/* Sums the gathered pairs for each output channel of the place. */
static void flush(const tn_conv *c, pairs *p, int64_t yo, bool *more) {
  for (int64_t o = 0; o < c->out; o++) {
    if (c->dtype == TN_F32) sum_groups_float(c, p, o * c->kernel.col, yo + o * c->y.col, *more);
    else sum_groups_double(c, p, o * c->kernel.col, yo + o * c->y.col, *more);
  }
  p->n = 0;
  *more = true;
}

typedef struct reach {                       /* the taps of one axis that read an element of x */
  int64_t n, x, x_step, kernel, kernel_step; /* number; offsets of the first, steps to the next */
} reach;

static reach reach_of(const tn_conv *c, int axis, int64_t place) {
  const int64_t step = c->dilation[axis], at = place * c->stride[axis] - c->before[axis];
  const int64_t first = at >= 0 ? 0 : (step - 1 - at) / step;
  const int64_t room = c->size[axis] - 1 - at - first * step, left = c->taps[axis] - 1 - first;
  if (room < 0 || left < 0) return (reach){.n = 0};
  return (reach){.n = least(room / step, left) + 1,
                 .x = (at + first * step) * c->x.space[axis],
                 .x_step = step * c->x.space[axis],
                 .kernel = first * c->kernel.space[axis],
                 .kernel_step = c->kernel.space[axis]};
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

typedef struct job {
  const tn_conv *c;
  side rows;
  int64_t n_rows, chunk;
} job;

static void run_rows(void *ctx, int64_t number) {
  const job *j = ctx;
  const tn_conv *c = j->c;
  int64_t first = number * j->chunk, last = least(first + j->chunk, j->n_rows);
  index_t at = line_at(&j->rows, first), done = {.space = {-1, -1, -1}};
  reach r[TN_CONV_AXES] = {{0}};
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

bool tn__convolve_groups(const tn_conv *c, int threads) {
  job j = {.c = c,
           .rows = side_of(c->batch, c->x.row, c->places, c->stride),
           .n_rows = c->batch * volume(c->places)};
  bool few = c->groups >= TN_CONV_NARROW / 2 && c->out < TN_CONV_NARROW;
  if (!few) return false;
  j.chunk = least(16, j.n_rows / 4 + 1);
  tn_parallel_for((j.n_rows - 1) / j.chunk + 1, threads, run_rows, &j);
  return true;
}
