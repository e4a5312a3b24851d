/* Convolutions: against the sum they are, under every instruction set of this CPU, over random options and layouts and
 * over shapes larger than a block; the same bits for any number of threads and for all instruction sets with FMA; what
 * is refused. Values of PyTorch: test_shapes_peer.c. */
#include "autograd/autograd.h"
#include "support/draw.h"
#include "support/same.h"
#include "support/values.h"
#include "tensor/isa.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct problem {
  int axes;
  int64_t batch, in, out; /* channels of a group */
  int64_t size[3], taps[3];
  ag_conv_options o; /* explicit padding, nothing 0 */
  tn_dtype dtype;
  tn_array operand[2];
} problem;

/* ---- layouts ---- */

/* Shape of an operand: `row` channels or examples, `col` of them a group. */
static int64_t shape_of(const problem *p, bool spatial_first, unsigned layout, int64_t row, int64_t col,
                        const int64_t *space, int64_t *shape) {
  spatial_first = spatial_first != ((layout & AG_LAYOUT_MOVED) != 0);
  for (int a = 0; a < p->axes; a++) shape[spatial_first ? a : a + 1] = space[a];
  shape[spatial_first ? p->axes : 0] = layout & AG_LAYOUT_SWAPPED ? col : row;
  shape[p->axes + 1] = (layout & AG_LAYOUT_SWAPPED ? row : col) * p->o.groups;
  return tn_numel(p->axes + 2, shape);
}

/* Where one element lies in an operand of that layout. */
static int64_t position(const tn_view *v, bool spatial_first, unsigned layout, int64_t groups, int64_t group,
                        int64_t row, int64_t col, const int64_t *space) {
  int axes = v->rank - 2;
  int64_t at[TN_MAX_RANK] = {0}, p = 0;
  spatial_first = spatial_first != ((layout & AG_LAYOUT_MOVED) != 0);
  for (int a = 0; a < axes; a++) {
    int axis = spatial_first ? a : a + 1;
    at[axis] = layout & AG_LAYOUT_FLIPPED ? v->shape[axis] - 1 - space[a] : space[a];
  }
  at[spatial_first ? axes : 0] = layout & AG_LAYOUT_SWAPPED ? col : row;
  at[axes + 1] = group * (v->shape[axes + 1] / groups) + (layout & AG_LAYOUT_SWAPPED ? row : col);
  for (int a = 0; a < v->rank; a++) p = p * v->shape[a] + at[a];
  return p;
}

/* ---- the sum, element by element ---- */

static bool next(const problem *p, const int64_t *extent, int64_t *at) {
  for (int a = p->axes - 1; a >= 0; a--) {
    if (++at[a] < extent[a]) return true;
    at[a] = 0;
  }
  return false;
}

static void places_of(const problem *p, int64_t *places) {
  const ag_conv_options *o = &p->o;
  for (int a = 0; a < p->axes; a++) {
    int64_t padded = (p->size[a] - 1) * o->input_dilation[a] + 1 + o->before[a] + o->after[a];
    places[a] = (padded - (p->taps[a] - 1) * o->dilation[a] - 1) / o->stride[a] + 1;
  }
}

static double sum_at(const problem *p, int64_t n, int64_t g, int64_t c, const int64_t *q) {
  const ag_conv_options *o = &p->o;
  const tn_view *x = &p->operand[0].view, *w = &p->operand[1].view;
  int64_t tap[3] = {0}, place[3];
  double sum = 0;
  do {
    bool inside = true;
    for (int a = 0; a < p->axes; a++) {
      int64_t at = q[a] * o->stride[a] + tap[a] * o->dilation[a] - o->before[a];
      place[a] = at / o->input_dilation[a];
      inside &= at >= 0 && at % o->input_dilation[a] == 0 && place[a] < p->size[a];
    }
    for (int64_t i = 0; i < p->in && inside; i++)
      sum += tn_get(x, position(x, false, o->x_layout, o->groups, g, n, i, place)) *
             tn_get(w, position(w, true, o->kernel_layout, o->groups, g, i, c, tap));
  } while (next(p, p->taps, tap));
  return sum;
}

static tn_array plain_conv(const problem *p) {
  int64_t shape[5], places[3], q[3] = {0};
  tn_array y;
  places_of(p, places);
  shape_of(p, false, p->o.y_layout, p->batch, p->out, places, shape);
  cr_assert_eq(tn_array_new(NULL, p->dtype, p->axes + 2, shape, &y), TN_OK);
  for (int64_t n = 0; n < p->batch; n++)
    for (int64_t g = 0; g < p->o.groups; g++)
      for (int64_t c = 0; c < p->out; c++) do {
          tn_set(&y.view, position(&y.view, false, p->o.y_layout, p->o.groups, g, n, c, q),
                 sum_at(p, n, g, c, q));
        } while (next(p, places, q));
  return y;
}

/* ---- the op ---- */

static void fill(draw *d, tn_view v) {
  for (int64_t i = 0; i < tn_view_numel(&v); i++) tn_set(&v, i, (double)draw_below(d, 2001) / 1000 - 1);
}

static void make_operands(problem *p, draw *d) {
  int64_t shape[5];
  shape_of(p, false, p->o.x_layout, p->batch, p->in, p->size, shape);
  cr_assert_eq(tn_array_new(NULL, p->dtype, p->axes + 2, shape, &p->operand[0]), TN_OK);
  shape_of(p, true, p->o.kernel_layout, p->in, p->out, p->taps, shape);
  cr_assert_eq(tn_array_new(NULL, p->dtype, p->axes + 2, shape, &p->operand[1]), TN_OK);
  fill(d, p->operand[0].view), fill(d, p->operand[1].view);
}

static ag_ref emit(ag_graph *g, const problem *p, ag_ref *in) {
  for (int i = 0; i < 2; i++) {
    const tn_view *v = &p->operand[i].view;
    in[i] = ag_input(g, i ? "x1" : "x0", v->dtype, v->rank, v->shape);
  }
  return ag_conv(g, in[0], in[1], &p->o);
}

static tn_array run(ag_graph *g, ag_ref y, const problem *p, int threads) {
  ag_plan *plan;
  ag_run *r;
  tn_array out;
  cr_assert_eq(ag_compile(g, &y, 1, 0, &plan), TN_OK, "%s", ag_error(g));
  cr_assert_eq(ag_run_new(plan, threads, &r), TN_OK);
  for (int i = 0; i < 2; i++) {
    int leaf = ag_plan_find_leaf(plan, i ? "x1" : "x0");
    if (leaf >= 0) cr_assert_eq(ag_run_bind(r, leaf, p->operand[i].view), TN_OK);
  }
  cr_assert_eq(ag_run_step(r, (tn_rng){0}), TN_OK);
  tn_view v = ag_run_output(r, 0);
  cr_assert_eq(tn_array_new(NULL, v.dtype, v.rank, v.shape, &out), TN_OK);
  tn_copy(out.view, v);
  ag_run_free(r);
  ag_plan_free(plan);
  return out;
}

static tn_array run_under(tn__isa isa, ag_graph *g, ag_ref y, const problem *p) {
  const tn__isa used = tn__isa_used;
  tn__isa_used = isa;
  tn_array out = run(g, y, p, 1);
  tn__isa_used = used;
  return out;
}

static void expect_the_sum(problem *p, draw *d, const char *what, int number) {
  make_operands(p, d);
  ag_graph *g = new_graph();
  ag_ref in[2], y = emit(g, p, in);
  tn_array want = plain_conv(p), fused = {0};
  for (tn__isa isa = TN__BASELINE; isa <= TN__NEON; isa++) {
    if (!tn__isa_runs(isa)) continue;
    tn_array have = run_under(isa, g, y, p);
    double error = largest_error(have.view, want.view);
    cr_expect(error <= (p->dtype == TN_F32 ? 2e-5 : 1e-13), "%s %d, set %d: error %.3g", what, number, isa,
              error);
    if (fused.view.data)
      cr_expect_eq(same_bits(fused.view, have.view), -1, "%s %d, set %d: bits", what, number, isa);
    if (isa == TN__BASELINE || fused.view.data) tn_array_free(&have);
    else fused = have;
  }
  tn_array_free(&want), tn_array_free(&fused);
  tn_array_free(&p->operand[0]), tn_array_free(&p->operand[1]);
  ag_graph_free(g);
}

static problem random_problem(draw *d) {
  problem p = {.axes = 1 + draw_below(d, 3), .dtype = draw_chance(d, 50) ? TN_F32 : TN_F64};
  p.batch = 1 + draw_below(d, 3), p.in = 1 + draw_below(d, 4), p.out = 1 + draw_below(d, 9);
  p.o.groups = draw_chance(d, 50) ? 1 : 1 + draw_below(d, 6);
  if (draw_chance(d, 20)) p.in = p.out = 1, p.o.groups = 20; /* depthwise */
  p.o.x_layout = (unsigned)draw_below(d, 8), p.o.kernel_layout = (unsigned)draw_below(d, 8);
  p.o.y_layout = (unsigned)draw_below(d, 8);
  if (draw_chance(d, 40)) p.o.x_layout = p.o.kernel_layout = p.o.y_layout = 0;
  for (int a = 0; a < p.axes; a++) {
    p.size[a] = 1 + draw_below(d, 6), p.taps[a] = 1 + draw_below(d, 3);
    p.o.stride[a] = 1 + draw_below(d, 2), p.o.dilation[a] = 1 + draw_below(d, 2);
    p.o.input_dilation[a] = draw_chance(d, 60) ? 1 : 2;
    p.o.before[a] = draw_below(d, 4) - 1, p.o.after[a] = draw_below(d, 4) - 1;
    int64_t extent = (p.size[a] - 1) * p.o.input_dilation[a] + 1 + p.o.before[a] + p.o.after[a];
    int64_t reach = (p.taps[a] - 1) * p.o.dilation[a] + 1;
    if (extent < reach) p.o.after[a] += reach - extent;
  }
  return p;
}

Test(conv, is_the_sum_it_says_for_random_options_and_layouts) {
  draw d = {.seed = 7};
  for (int i = 0; i < 400; i++) {
    problem p = random_problem(&d);
    expect_the_sum(&p, &d, "random", i);
  }
}

#define ONES                                                                                                 \
  { 1, 1, 1 }
/* Deeper, wider and longer than a block; forward and as the derivatives have it. */
static const problem large[] = {
    {.axes = 2,
     .batch = 3,
     .in = 20,
     .out = 50,
     .size = {12, 12},
     .taps = {5, 5},
     .dtype = TN_F32,
     .o = {ONES, ONES, ONES, {0, 0}, {0, 0}, .groups = 1}},
    {.axes = 2,
     .batch = 2,
     .in = 50,
     .out = 20,
     .size = {9, 8},
     .taps = {3, 3},
     .dtype = TN_F64,
     .o = {ONES, ONES, ONES, {1, 1}, {1, 1}, .groups = 1}},
    {.axes = 2,
     .batch = 2,
     .in = 40,
     .out = 140,
     .size = {9, 11},
     .taps = {3, 3},
     .dtype = TN_F32,
     .o = {ONES, ONES, ONES, {1, 1}, {1, 1}, .groups = 1}},
    {.axes = 2,
     .batch = 3,
     .in = 33,
     .out = 20,
     .size = {20, 21},
     .taps = {3, 4},
     .dtype = TN_F64,
     .o = {{2, 1, 1}, ONES, ONES, {1, 0}, {0, 2}, .groups = 2}},
    {.axes = 2,
     .batch = 2,
     .in = 64,
     .out = 48,
     .size = {8, 8},
     .taps = {3, 3},
     .dtype = TN_F32,
     .o = {ONES, ONES, {2, 2, 1}, {1, 1}, {2, 2}, .groups = 1, .kernel_layout = 5}},
    {.axes = 2,
     .batch = 16,
     .in = 6,
     .out = 32,
     .size = {18, 18},
     .taps = {16, 16},
     .dtype = TN_F32,
     .o = {ONES, ONES, ONES, {1, 1}, {1, 1}, .groups = 1, .x_layout = 1, .kernel_layout = 2, .y_layout = 2}},
    {.axes = 3,
     .batch = 1,
     .in = 12,
     .out = 9,
     .size = {5, 6, 7},
     .taps = {3, 3, 3},
     .dtype = TN_F64,
     .o = {ONES, ONES, ONES, {1, 1, 1}, {1, 1, 1}, .groups = 1}},
    {.axes = 1,
     .batch = 2,
     .in = 300,
     .out = 8,
     .size = {40},
     .taps = {5},
     .dtype = TN_F32,
     .o = {ONES, {3, 1, 1}, ONES, {12}, {0}, .groups = 1}},
    {.axes = 2,
     .batch = 2,
     .in = 1,
     .out = 2,
     .size = {12, 12},
     .taps = {3, 3},
     .dtype = TN_F32,
     .o = {ONES, ONES, ONES, {1, 1}, {1, 1}, .groups = 40}},
    {.axes = 2,
     .batch = 2,
     .in = 16,
     .out = 20,
     .size = {40, 30},
     .taps = {3, 3},
     .dtype = TN_F32,
     .o = {ONES, ONES, ONES, {1, 1}, {1, 1}, .groups = 1}},
    {.axes = 2,
     .batch = 2,
     .in = 33,
     .out = 20,
     .size = {9, 33},
     .taps = {3, 2},
     .dtype = TN_F64,
     .o = {{2, 2, 1}, ONES, ONES, {1, 0}, {-2, 3}, .groups = 2}},
    {.axes = 3,
     .batch = 1,
     .in = 34,
     .out = 9,
     .size = {3, 5, 24},
     .taps = {2, 3, 3},
     .dtype = TN_F32,
     .o = {ONES, ONES, ONES, {3, 1, 1}, {1, 1, 1}, .groups = 1, .kernel_layout = 5}},
    {.axes = 1,
     .batch = 3,
     .in = 40,
     .out = 8,
     .size = {120},
     .taps = {5},
     .dtype = TN_F32,
     .o = {ONES, {3, 1, 1}, ONES, {12}, {-3}, .groups = 1, .y_layout = 3}},
    {.axes = 2,
     .batch = 2,
     .in = 32,
     .out = 300,
     .size = {3, 20},
     .taps = {2, 2},
     .dtype = TN_F64,
     .o = {ONES, {2, 1, 1}, ONES, {1, 1}, {1, 1}, .groups = 1}},
    {.axes = 2,
     .batch = 1,
     .in = 32,
     .out = 16,
     .size = {6, 40},
     .taps = {3, 3},
     .dtype = TN_F32,
     .o = {ONES, ONES, ONES, {-1, -2}, {1, 0}, .groups = 2, .x_layout = 6}},
    /* many pairs of a place and a tap lie outside the image */
    {.axes = 2,
     .batch = 3,
     .in = 20,
     .out = 20,
     .size = {8, 8},
     .taps = {5, 5},
     .dtype = TN_F32,
     .o = {ONES, ONES, ONES, {4, 4}, {4, 4}, .groups = 1}},
    {.axes = 2,
     .batch = 2,
     .in = 17,
     .out = 9,
     .size = {4, 3},
     .taps = {3, 4},
     .dtype = TN_F64,
     .o = {{2, 1, 1}, {1, 2, 1}, ONES, {3, 4}, {2, 5}, .groups = 1}},
    {.axes = 2,
     .batch = 1,
     .in = 100,
     .out = 6,
     .size = {3, 4},
     .taps = {5, 5},
     .dtype = TN_F32,
     .o = {ONES, {2, 1, 1}, ONES, {6, 3}, {5, 3}, .groups = 2}},
    {.axes = 3,
     .batch = 2,
     .in = 16,
     .out = 33,
     .size = {2, 1, 60},
     .taps = {2, 3, 50},
     .dtype = TN_F32,
     .o = {ONES, ONES, ONES, {1, 2, 49}, {1, 2, 49}, .groups = 1}},
    /* most places read no element of x */
    {.axes = 2,
     .batch = 4,
     .in = 5,
     .out = 33,
     .size = {20, 20},
     .taps = {1, 1},
     .dtype = TN_F32,
     .o = {ONES, ONES, {3, 2, 1}, {0, 0}, {1, 1}, .groups = 2}},
    {.axes = 2,
     .batch = 4,
     .in = 5,
     .out = 3,
     .size = {20, 20},
     .taps = {1, 1},
     .dtype = TN_F64,
     .o = {ONES, ONES, {2, 2, 1}, {0, 0}, {1, 1}, .groups = 1, .y_layout = 1}}};

Test(conv, is_the_sum_it_says_beyond_one_block) {
  draw d = {.seed = 8};
  for (int i = 0; i < COUNT(large); i++) {
    problem p = large[i];
    expect_the_sum(&p, &d, "large", i);
  }
}

/* Values and both derivatives; work enough that threads are used. */
Test(conv, bits_do_not_depend_on_threads) {
  draw d = {.seed = 9};
  problem p[] = {{.axes = 2,
                  .batch = 8,
                  .in = 16,
                  .out = 24,
                  .size = {28, 27},
                  .taps = {3, 3},
                  .dtype = TN_F32,
                  .o = {ONES, ONES, ONES, {1, 1}, {1, 1}, .groups = 1}},
                 {.axes = 2,
                  .batch = 8,
                  .in = 1,
                  .out = 1,
                  .size = {28, 27},
                  .taps = {3, 3},
                  .dtype = TN_F64,
                  .o = {ONES, ONES, ONES, {1, 1}, {1, 1}, .groups = 48}},
                 {.axes = 2,
                  .batch = 16,
                  .in = 20,
                  .out = 50,
                  .size = {12, 12},
                  .taps = {5, 5},
                  .dtype = TN_F32,
                  .o = {ONES, ONES, ONES, .groups = 1}},
                 {.axes = 2,
                  .batch = 8,
                  .in = 16,
                  .out = 32,
                  .size = {28, 27},
                  .taps = {1, 1},
                  .dtype = TN_F32,
                  .o = {{2, 2, 1}, ONES, ONES, .groups = 1}}};
  for (int i = 0; i < COUNT(p); i++) {
    make_operands(&p[i], &d);
    ag_graph *g = new_graph();
    ag_ref in[2], out[3] = {emit(g, &p[i], in)};
    ag_grad(g, ag_sum_all(g, ag_square(g, out[0])), in, 2, out + 1);
    for (int k = 0; k < 3; k++) {
      tn_array one = run(g, out[k], &p[i], 1);
      for (int threads = 2; threads <= 3; threads++) {
        tn_array more = run(g, out[k], &p[i], threads);
        cr_expect_eq(same_bits(one.view, more.view), -1, "problem %d, value %d, %d threads", i, k, threads);
        tn_array_free(&more);
      }
      tn_array_free(&one);
    }
    tn_array_free(&p[i].operand[0]), tn_array_free(&p[i].operand[1]);
    ag_graph_free(g);
  }
}

/* ---- empty extents ---- */

Test(conv, no_examples_no_channels) {
  double none = 0, ones[] = {1, 2, 3, 4, 5, 6};
  ag_graph *g = new_graph();
  ag_ref x = ag_input(g, "x0", TN_F64, 3, (int64_t[]){0, 5, 2}), dw;
  ag_ref kernel = ag_constant(g, tn_view_of(ones, TN_F64, 3, (int64_t[]){3, 2, 1}));
  ag_grad(g, ag_sum_all(g, ag_conv(g, x, kernel, NULL)), &kernel, 1, &dw);
  tn_array in = {.view = tn_view_of(&none, TN_F64, 3, (int64_t[]){0, 5, 2})};
  expect_values("no examples", compute_at(g, dw, &in), (double[]){0, 0, 0, 0, 0, 0}, 6, 0);
  ag_ref thin = ag_broadcast(g, ag_scalar(g, TN_F64, 1), 3, (int64_t[]){1, 4, 0});
  ag_ref y = ag_conv(g, thin, ag_broadcast(g, ag_scalar(g, TN_F64, 1), 3, (int64_t[]){2, 0, 2}), NULL);
  expect_values("no channels", compute(g, y), (double[]){0, 0, 0, 0, 0, 0}, 6, 0);
  ag_graph_free(g);
}

/* ---- refusals ---- */

typedef struct refusal {
  int64_t x[5], kernel[5];
  int rank;
  ag_conv_options o;
  const char *words;
} refusal;

Test(conv, what_does_not_fit_is_refused_with_both_shapes) {
  static const refusal cases[] = {
      {{1, 4, 4, 3}, {5, 2, 3, 2}, 4, {.groups = 1}, "along axis 0 the kernel of 5 does not fit into 4"},
      {{1, 4, 4, 3}, {3, 3, 3, 2}, 4, {.dilation = {1, 2}}, "along axis 1 the kernel of 3 does not fit"},
      {{1, 4, 4, 3}, {3, 3, 3, 2}, 4, {.before = {-1}, .after = {-1}}, "along axis 0"},
      {{1, 4, 4, 3}, {3, 3, 3, 2}, 4, {.stride = {-1, 1}}, "stride -1"},
      {{1, 4, 4, 3}, {3, 3, 3, 2}, 4, {.dilation = {1, -2}}, "dilation -2"},
      {{1, 4, 4, 3}, {3, 3, 3, 2}, 4, {.input_dilation = {1, -3}}, "input dilation -3"},
      {{1, 4, 4, 6}, {3, 3, 3, 4}, 4, {.groups = 4}, "4 groups do not divide"},
      {{1, 4, 4, 6}, {3, 3, 3, 3}, 4, {.groups = 2}, "2 groups do not divide"},
      {{1, 4, 4, 6}, {3, 3, 3, 3}, 4, {.groups = -2}, "-2 groups"},
      {{1, 4, 4, 3}, {3, 3, 2, 2}, 4, {.groups = 1}, "a group of x has 3 channels, the kernel wants 2"},
      {{1, 4, 4, 3}, {3, 3, 3, 2}, 4, {.before = {INT64_MAX}}, "beyond 2^31"},
      {{4, 3}, {3, 2}, 2, {.groups = 1}, "one to three spatial axes"}};
  for (int i = 0; i < COUNT(cases); i++) {
    ag_graph *g = new_graph();
    const refusal *r = &cases[i];
    ag_ref x = ag_input(g, "x", TN_F32, r->rank, r->x), kernel = ag_input(g, "k", TN_F32, r->rank, r->kernel);
    cr_expect_eq(ag_conv(g, x, kernel, &r->o).id, 0);
    cr_expect(strncmp(ag_error(g), "conv: ", 6) == 0 && strstr(ag_error(g), r->words), "%d: %s", i,
              ag_error(g));
    char shapes[64];
    snprintf(shapes, sizeof shapes, r->rank == 4 ? "(x f32[%lld, %lld, %lld, %lld], kernel f32[" : "(x f32[",
             (long long)r->x[0], (long long)r->x[1], (long long)r->x[2], (long long)r->x[3]);
    cr_expect(strstr(ag_error(g), shapes), "%d: %s", i, ag_error(g));
    ag_graph_free(g);
  }
}

Test(conv, one_tap_is_a_product) {
  ag_graph *g = new_graph();
  ag_ref x = ag_input(g, "x", TN_F32, 4, (int64_t[]){2, 5, 5, 3}),
         w = ag_input(g, "w", TN_F32, 4, (int64_t[]){1, 1, 3, 7});
  ag_ref y = ag_conv(g, x, w, NULL);
  cr_assert_eq(ag_status(g), TN_OK, "%s", ag_error(g));
  ag_type t = ag_type_of(g, y);
  cr_expect(tn_same_shape(t.rank, t.shape, 4, (int64_t[]){2, 5, 5, 7}));
  for (uint32_t id = 1; id < ag_node_count(g); id++)
    cr_expect_str_neq(ag_op_of(g, (ag_ref){id})->name, "conv");
  ag_graph_free(g);
}
