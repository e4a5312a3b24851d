/* Convolutions by their strides, under every instruction set of this CPU: against the sum they are, over every
 * height and width of a tile, and where each algorithm ends and the next begins. The same bits for any number of
 * threads and for all instruction sets with FMA; what lies between the elements of the result is not touched.
 * The op, with its layouts: tests/autograd/test_conv.c. */
#include "support/draw.h"
#include "tensor/conv.h"
#include "tensor/isa.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UNTOUCHED = -12345 };
static const tn_dtype types[] = {TN_F32, TN_F64};
static const int64_t widths[] = {1, 2, 3, 5, 8, 9, 13, 16, 17, 24, 32, 33};
#define COUNT(X) (int)(sizeof(X) / sizeof *(X))

/* How operands lie: their axes from the slowest to the fastest (n: row, g: group, c: column, 0 to 2: in space),
 * and how far apart neighbours are. */
typedef struct lie {
  const char *x, *kernel, *y;
  int64_t apart;
} lie;
static const lie plain = {"n012gc", "012ngc", "n012gc", 1};

typedef struct problem {
  tn_conv c; /* without operands; what is 0 and may not be is 1 */
  lie lies;
} problem;

static void at_least_one(int64_t *x, int n) {
  for (int i = 0; i < n; i++)
    if (x[i] == 0) x[i] = 1;
}

/* Sets strides; returns how many elements the operand spans. extent: of n, g, c, 0, 1 and 2. */
static int64_t lay(tn_conv_operand *o, const char *order, int64_t apart, const int64_t *extent) {
  static const char axes[] = "ngc012";
  int64_t *const stride[] = {&o->row, &o->group, &o->col, &o->space[0], &o->space[1], &o->space[2]};
  for (int i = 5; i >= 0; i--) {
    const int64_t axis = strchr(axes, order[i]) - axes;
    *stride[axis] = apart, apart *= extent[axis];
  }
  return apart;
}

static void lay_operands(problem *p, int64_t *size) {
  tn_conv *c = &p->c;
  if (!p->lies.x) p->lies = plain;
  at_least_one(&c->groups, 1), at_least_one(c->size, 3), at_least_one(c->taps, 3);
  at_least_one(c->stride, 3), at_least_one(c->dilation, 3), at_least_one(c->spread, 3);
  for (int a = 0; a < 3; a++)
    if (c->places[a] == 0)
      c->places[a] = ((c->size[a] - 1) * c->spread[a] + c->before[a] - (c->taps[a] - 1) * c->dilation[a]) /
                         c->stride[a] +
                     1;
  const int64_t *in = c->size, *k = c->taps, *out = c->places;
  size[0] =
      lay(&c->x, p->lies.x, p->lies.apart, (int64_t[]){c->batch, c->groups, c->in, in[0], in[1], in[2]});
  size[1] =
      lay(&c->kernel, p->lies.kernel, p->lies.apart, (int64_t[]){c->in, c->groups, c->out, k[0], k[1], k[2]});
  size[2] =
      lay(&c->y, p->lies.y, p->lies.apart, (int64_t[]){c->batch, c->groups, c->out, out[0], out[1], out[2]});
}

static double element(const tn_conv *c, const tn_conv_operand *o, int64_t i) {
  return c->dtype == TN_F32 ? (double)((const float *)o->data)[i] : ((const double *)o->data)[i];
}

static int64_t offset(const tn_conv_operand *o, int64_t row, int64_t group, int64_t col, const int64_t *at) {
  return row * o->row + group * o->group + col * o->col + at[0] * o->space[0] + at[1] * o->space[1] +
         at[2] * o->space[2];
}

/* The sum over one tap; 0 if it reads padding. */
static double at_tap(const tn_conv *c, int64_t n, int64_t g, int64_t o, const int64_t *q, const int64_t *k) {
  int64_t place[3];
  double sum = 0;
  for (int a = 0; a < 3; a++) {
    const int64_t at = q[a] * c->stride[a] + k[a] * c->dilation[a] - c->before[a];
    place[a] = at / c->spread[a];
    if (at < 0 || at % c->spread[a] || place[a] >= c->size[a]) return 0;
  }
  for (int64_t i = 0; i < c->in; i++)
    sum += element(c, &c->x, offset(&c->x, n, g, i, place)) *
           element(c, &c->kernel, offset(&c->kernel, i, g, o, k));
  return sum;
}

static int64_t volume(const int64_t *space) { return space[0] * space[1] * space[2]; }

static void place_at(const int64_t *space, int64_t i, int64_t *at) {
  for (int a = 2; a >= 0; i /= space[a--]) at[a] = i % space[a];
}

/* The memory of the result as it should be. */
static void sum_all(const tn_conv *c, double *want) {
  int64_t q[3], k[3];
  for (int64_t n = 0; n < c->batch; n++)
    for (int64_t g = 0; g < c->groups; g++)
      for (int64_t o = 0; o < c->out; o++)
        for (int64_t i = 0; i < volume(c->places); i++) {
          double sum = 0;
          place_at(c->places, i, q);
          for (int64_t t = 0; t < volume(c->taps); t++)
            place_at(c->taps, t, k), sum += at_tap(c, n, g, o, q, k);
          want[offset(&c->y, n, g, o, q)] = sum;
        }
}

static void *new_elements(tn_dtype dtype, int64_t n) {
  void *x = malloc((size_t)(n + 1) * tn_dtype_size(dtype));
  cr_assert(x);
  return x;
}

static void fill(draw *d, tn_view v) {
  for (int64_t i = 0; i < tn_view_numel(&v); i++) tn_set(&v, i, (double)draw_below(d, 2001) / 1000 - 1);
}

static void run_under(tn_conv *c, tn__isa isa, int threads, tn_view y) {
  const tn__isa used = tn__isa_used;
  tn_fill(y, UNTOUCHED);
  c->y.data = y.data;
  tn__isa_used = isa;
  tn_convolve(c, threads);
  tn__isa_used = used;
}

/* Of results under each instruction set: near the sum, and the same bits wherever there is FMA. */
static void compare(problem *p, tn_view have, void *first, const double *want, const char *what) {
  tn_conv *c = &p->c;
  const double bound = (c->dtype == TN_F32 ? 1e-6 : 2e-15) * (double)(c->in * volume(c->taps) + 4);
  bool fused = false;
  for (tn__isa isa = TN__BASELINE; isa <= TN__NEON; isa++) {
    if (!tn__isa_runs(isa)) continue;
    for (int threads = 1; threads <= 3; threads += 2) {
      run_under(c, isa, threads, have);
      for (int64_t i = 0; i < have.shape[0]; i++)
        cr_assert(fabs(tn_get(&have, i) - want[i]) <= bound,
                  "%s, %s, set %d, %d threads, out %d, places %d: %g, not %g at %d", what,
                  tn_dtype_name(c->dtype), isa, threads, (int)c->out, (int)volume(c->places),
                  tn_get(&have, i), want[i], (int)i);
      const bool same = threads > 1 || fused;
      if (same)
        cr_assert_eq(memcmp(first, have.data, tn_view_bytes(&have)), 0, "%s, set %d, %d threads", what, isa,
                     threads);
      memcpy(first, have.data, tn_view_bytes(&have));
    }
    fused = isa != TN__BASELINE;
  }
}

static void expect_the_sum(problem p, const char *what) {
  int64_t size[3];
  tn_conv *c = &p.c;
  draw d = {.seed = 11};
  lay_operands(&p, size);
  void *first = new_elements(c->dtype, size[2]), *have = new_elements(c->dtype, size[2]);
  double *want = malloc((size_t)(size[2] + 1) * sizeof *want);
  c->x.data = new_elements(c->dtype, size[0]), c->kernel.data = new_elements(c->dtype, size[1]);
  fill(&d, tn_view_of(c->x.data, c->dtype, 1, &size[0])),
      fill(&d, tn_view_of(c->kernel.data, c->dtype, 1, &size[1]));
  for (int64_t i = 0; i < size[2]; i++) want[i] = UNTOUCHED;
  sum_all(c, want);
  compare(&p, tn_view_of(have, c->dtype, 1, &size[2]), first, want, what);
  free(c->x.data), free(c->kernel.data), free(first), free(have), free(want);
}

/* ---- tiles ---- */

/* More terms than are summed at once, so that tiles are also added to; lines that a tile may and may not cross. */
Test(convolve, lines_of_every_height_and_width) {
  for (int t = 0; t < COUNT(types); t++)
    for (int64_t places = 1; places <= 17; places++)
      for (int w = 0; w < COUNT(widths); w++)
        for (int64_t lines = 1; lines <= 3; lines += 2)
          expect_the_sum((problem){.c = {.dtype = types[t],
                                         .batch = 1,
                                         .in = 97,
                                         .out = widths[w],
                                         .size = {1, lines + 1, places},
                                         .taps = {1, 2, 1}}},
                         "lines");
}

/* Examples are contiguous and are the rows; or all places of a line are, with x in place or copied. */
Test(convolve, taps_of_every_height_and_width) {
  static const lie lies[] = {{"c012gn", "012ngc", "n012gc", 1}, {"c012gn", "012ngc", "012ngc", 1}};
  for (int t = 0; t < COUNT(types); t++)
    for (int64_t batch = 1; batch <= 17; batch++)
      for (int w = 0; w < COUNT(widths); w++)
        for (int l = 0; l < COUNT(lies); l++)
          expect_the_sum((problem){.c = {.dtype = types[t],
                                         .batch = batch,
                                         .in = 3,
                                         .out = widths[w],
                                         .size = {1, 1, 6},
                                         .taps = {1, 1, l ? 5 : 4},
                                         .before = {0, 0, l}},
                                   .lies = lies[l]},
                         "taps");
}

/* ---- the limits of the algorithms ---- */

typedef struct limit {
  const char *what;
  problem p;
} limit;

static const limit limits[] = {
    {"one pair more than are summed at once",
     {.c = {.batch = 2, .groups = 5, .in = 3, .out = 2, .size = {1, 1, 50}, .taps = {1, 1, 43}}}},
    {"as many pairs as are summed at once",
     {.c = {.batch = 2, .groups = 5, .in = 2, .out = 2, .size = {1, 1, 70}, .taps = {1, 1, 64}}}},
    {"a tap that reads no element of x",
     {.c = {.batch = 2,
            .groups = 5,
            .in = 1,
            .out = 2,
            .size = {1, 1, 2},
            .taps = {1, 1, 2},
            .places = {1, 1, 9},
            .before = {0, 0, 4}}}},
    {"a line of taps longer than a block",
     {.c = {.batch = 2, .in = 60, .out = 9, .size = {1, 1, 20}, .taps = {1, 1, 5}}}},
    {"lines that are cut to fit",
     {.c = {.batch = 1,
            .in = 64,
            .out = 9,
            .size = {1, 1, 1180},
            .taps = {1, 1, 3},
            .dilation = {1, 1, 490}}}},
    {"not one line fits",
     {.c = {.batch = 1,
            .in = 64,
            .out = 9,
            .size = {1, 1, 1110},
            .taps = {1, 1, 3},
            .dilation = {1, 1, 520}}}},
    {"two lines fit, three do not",
     {.c =
          {.batch = 1, .in = 64, .out = 9, .size = {1, 5, 410}, .taps = {1, 1, 3}, .dilation = {1, 1, 200}}}},
    {"lines of taps that are too long to be copied",
     {.c = {.batch = 15, .in = 3, .out = 9, .size = {1, 1, 63}, .taps = {1, 1, 4}, .dilation = {1, 1, 20}},
      .lies = {"c012gn", "012ngc", "012ngc", 1}}},
    {"output channels apart", /* gathered blocks, of more terms than one block has */
     {.c = {.batch = 2, .in = 100, .out = 9, .size = {1, 1, 12}, .taps = {1, 1, 3}},
      .lies = {"n012gc", "012ngc", "c012gn", 1}}},
    {"output channels apart, taps apart",
     {.c = {.batch = 2,
            .in = 100,
            .out = 9,
            .size = {1, 1, 12},
            .taps = {1, 1, 3},
            .dilation = {1, 1, 2},
            .before = {0, 0, 2}},
      .lies = {"n012gc", "012ngc", "c012gn", 1}}},
    {"padding on both sides",
     {.c = {.batch = 2,
            .in = 11,
            .out = 9,
            .size = {1, 1, 3},
            .taps = {1, 1, 5},
            .places = {1, 1, 12},
            .before = {0, 0, 6}},
      .lies = {"n012gc", "012ngc", "c012gn", 1}}},
    {"places of x apart",
     {.c = {.batch = 2, .groups = 2, .in = 11, .out = 9, .size = {1, 1, 12}, .taps = {1, 1, 3}},
      .lies = {"n012gc", "012ngc", "c012gn", 1}}},
    {"examples fastest",
     {.c = {.batch = 20, .in = 11, .out = 9, .size = {1, 1, 12}, .taps = {1, 1, 3}},
      .lies = {"c012gn", "c012gn", "c012gn", 1}}},
    {"every other element",
     {.c = {.batch = 3, .in = 11, .out = 9, .size = {2, 5, 12}, .taps = {1, 2, 3}, .before = {0, 1, 1}},
      .lies = {"n012gc", "012ngc", "n012gc", 2}}},
    {"every other element, a kernel without one stride",
     {.c = {.batch = 3, .in = 11, .out = 9, .size = {2, 5, 12}, .taps = {2, 2, 3}},
      .lies = {"n012gc", "0c2ng1", "n012gc", 2}}},
    {"every other element of groups",
     {.c = {.batch = 3,
            .groups = 6,
            .in = 2,
            .out = 3,
            .size = {2, 5, 12},
            .taps = {1, 2, 3},
            .before = {0, 1, 1}},
      .lies = {"n012gc", "012ngc", "n012gc", 2}}},
    {"x spread",
     {.c = {.batch = 2,
            .in = 11,
            .out = 9,
            .size = {1, 3, 5},
            .taps = {1, 2, 3},
            .stride = {1, 2, 3},
            .spread = {1, 4, 3},
            .before = {0, 1, 2}}}},
    {"groups of x spread",
     {.c = {.batch = 2,
            .groups = 6,
            .in = 1,
            .out = 1,
            .size = {1, 3, 5},
            .taps = {1, 2, 3},
            .spread = {1, 4, 3},
            .before = {0, 1, 2}}}},
};

Test(convolve, where_one_algorithm_ends) {
  for (int t = 0; t < COUNT(types); t++)
    for (int i = 0; i < COUNT(limits); i++) {
      problem p = limits[i].p;
      p.c.dtype = types[t];
      expect_the_sum(p, limits[i].what);
    }
}

/* Without examples, places or output channels nothing is written; without input channels, zeros. */
Test(convolve, nothing) {
  float memory[8] = {5, 5, 5, 5, 5, 5, 5, 5}, x = 1;
  problem empty = {
      .c = {.dtype = TN_F32, .batch = 1, .in = 1, .out = 1, .size = {1, 1, 2}, .taps = {1, 1, 1}}};
  int64_t size[3];
  lay_operands(&empty, size);
  empty.c.x.data = empty.c.kernel.data = &x, empty.c.y.data = memory;
  tn_conv none[] = {empty.c, empty.c, empty.c, empty.c};
  none[0].batch = 0, none[1].places[2] = 0, none[2].out = 0, none[3].in = 0;
  for (int i = 0; i < 3; i++) {
    tn_convolve(&none[i], 1);
    cr_expect_eq(memory[0], 5, "%d", i);
  }
  tn_convolve(&none[3], 1);
  cr_expect(memory[0] == 0 && memory[1] == 0 && memory[2] == 5);
}
