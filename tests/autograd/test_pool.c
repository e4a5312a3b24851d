/* Pooling, unfolding and folding: against loops over the windows with random options, derivatives, refusals.
 * Values of PyTorch: test_shapes_peer.c. */
#include "autograd/autograd.h"
#include "support/draw.h"
#include "support/values.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAXIMUM, AVERAGE, NORM, KINDS };

typedef struct problem {
  int64_t shape[4]; /* two spatial axes */
  ag_pool_options o;
  int64_t places[2];
} problem;

/* PyTorch's rule (pooling_output_shape). */
static int64_t places_of(const problem *p, int a) {
  const ag_pool_options *o = &p->o;
  int64_t stride = o->stride[a] ? o->stride[a] : o->size[a], extent = p->shape[1 + a];
  int64_t rest = extent + o->before[a] + o->after[a] - (o->size[a] - 1) * o->dilation[a] - 1;
  int64_t n = (rest + (o->round_up ? stride - 1 : 0)) / stride + 1;
  return o->round_up && (n - 1) * stride >= extent + o->before[a] ? n - 1 : n;
}

static problem random_problem(draw *d) {
  problem p = {.shape = {1 + draw_below(d, 2), 0, 0, 1 + draw_below(d, 3)}};
  p.o.round_up = draw_chance(d, 50), p.o.count_padding = draw_chance(d, 50);
  for (int a = 0; a < 2; a++) {
    p.o.size[a] = 1 + draw_below(d, 3), p.o.stride[a] = draw_below(d, 4),
    p.o.dilation[a] = 1 + draw_below(d, 2);
    int64_t reach = (p.o.size[a] - 1) * p.o.dilation[a] + 1;
    p.o.before[a] = p.o.after[a] = draw_below(d, (int)p.o.size[a] / 2 + 1);
    p.shape[1 + a] = reach + draw_below(d, 5);
    p.places[a] = places_of(&p, a);
  }
  return p;
}

static double pooled(const problem *p, int kind, const tn_view *x, int64_t n, const int64_t *q, int64_t c) {
  const ag_pool_options *o = &p->o;
  double max = -INFINITY, sum = 0, squares = 0;
  int count = 0;
  for (int64_t i = 0; i < o->size[0]; i++)
    for (int64_t j = 0; j < o->size[1]; j++) {
      int64_t tap[2] = {i, j}, at[2];
      bool inside = true, counts = true;
      for (int a = 0; a < 2; a++) {
        int64_t stride = o->stride[a] ? o->stride[a] : o->size[a];
        at[a] = q[a] * stride + tap[a] * o->dilation[a] - o->before[a];
        inside &= at[a] >= 0 && at[a] < p->shape[1 + a];
        counts &= at[a] < p->shape[1 + a] + o->after[a];
      }
      count += o->count_padding ? counts : inside;
      if (!inside) continue;
      double v = tn_get(x, ((n * p->shape[1] + at[0]) * p->shape[2] + at[1]) * p->shape[3] + c);
      max = fmax(max, v), sum += v, squares += v * v;
    }
  return kind == MAXIMUM ? max : kind == AVERAGE ? sum / count : sqrt(squares);
}

static ag_ref pool(ag_graph *g, ag_ref x, int kind, const ag_pool_options *o) {
  return kind == MAXIMUM   ? ag_max_pool(g, x, o)
         : kind == AVERAGE ? ag_average_pool(g, x, o)
                           : ag_lp_pool(g, x, 2, o);
}

static tn_array random_array(draw *d, int rank, const int64_t *shape) {
  tn_array a;
  cr_assert_eq(tn_array_new(NULL, TN_F64, rank, shape, &a), TN_OK);
  for (int64_t i = 0; i < tn_view_numel(&a.view); i++)
    tn_set(&a.view, i, (double)draw_below(d, 1000003) / 500000 - 1);
  return a;
}

static void expect_pooled(const problem *p, int kind, const tn_array *x) {
  int64_t size = p->shape[0] * p->places[0] * p->places[1] * p->shape[3], k = 0, q[2];
  double *want = calloc((size_t)size, sizeof *want);
  for (int64_t n = 0; n < p->shape[0]; n++)
    for (q[0] = 0; q[0] < p->places[0]; q[0]++)
      for (q[1] = 0; q[1] < p->places[1]; q[1]++)
        for (int64_t c = 0; c < p->shape[3]; c++) want[k++] = pooled(p, kind, &x->view, n, q, c);
  ag_graph *g = new_graph();
  ag_ref in = ag_input(g, "x0", TN_F64, 4, p->shape);
  expect_values("pool", compute_at(g, pool(g, in, kind, &p->o), x), want, size, 1e-14);
  ag_graph_free(g);
  free(want);
}

Test(pool, is_what_loops_over_the_windows_give) {
  draw d = {.seed = 3};
  for (int i = 0; i < 200; i++) {
    problem p = random_problem(&d);
    tn_array x = random_array(&d, 4, p.shape);
    for (int kind = 0; kind < KINDS; kind++) expect_pooled(&p, kind, &x);
    tn_array_free(&x);
  }
}

/* ---- derivatives ---- */

typedef struct composed {
  const char *what;
  int64_t shape[5];
  int rank;
  ag_function *f;
} composed;

static ag_ref f_max(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  (void)n, (void)ctx;
  return ag_max_pool(g, in[0],
                     &(ag_pool_options){.size = {3, 2}, .stride = {2, 1}, .before = {1}, .after = {1}});
}
static ag_ref f_average(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  (void)n, (void)ctx;
  ag_pool_options o = {.size = {3, 3, 2}, .stride = {2, 2, 2}, .padding = AG_PAD_SAME, .round_up = true};
  return ag_square(g, ag_average_pool(g, in[0], &o));
}
static ag_ref f_norm(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  (void)n, (void)ctx;
  return ag_lp_pool(g, in[0], 3, &(ag_pool_options){.size = {2}, .stride = {1}});
}
static ag_ref f_adaptive(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  (void)n, (void)ctx;
  ag_ref a = ag_adaptive_average_pool(g, in[0], (int64_t[]){2, 3}),
         m = ag_adaptive_max_pool(g, in[0], (int64_t[]){2, 3});
  return ag_mul(g, a, m);
}
static ag_ref f_global(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  (void)n, (void)ctx;
  return ag_mul(g, ag_global_max_pool(g, in[0], true), ag_square(g, ag_global_average_pool(g, in[0], true)));
}
static ag_ref f_folded(ag_graph *g, const ag_ref *in, int n, const void *ctx) {
  ag_pool_options o = {
      .size = {2, 3}, .stride = {1, 2}, .dilation = {2, 1}, .before = {1, 1}, .after = {0, 1}};
  (void)n, (void)ctx;
  return ag_fold(g, ag_square(g, ag_unfold(g, in[0], &o)), ag_type_of(g, in[0]).shape + 1, &o);
}

/* No two numbers so near that a difference would change which is the maximum. */
static tn_array spread_array(int rank, const int64_t *shape) {
  int64_t order[256], n = tn_numel(rank, shape);
  tn_array a;
  cr_assert(n <= COUNT(order) && tn_array_new(NULL, TN_F64, rank, shape, &a) == TN_OK);
  tn_rng_permutation((tn_rng){.seed = 4}, n, order);
  for (int64_t i = 0; i < n; i++) tn_set(&a.view, i, 2 * ((double)order[i] + 0.5) / (double)n - 1);
  return a;
}

Test(pool, derivatives_to_second_order) {
  const composed all[] = {{"max", {2, 5, 4, 2}, 4, f_max},       {"average", {1, 5, 4, 3, 2}, 5, f_average},
                          {"norm", {2, 6, 2}, 3, f_norm},        {"adaptive", {1, 5, 6, 2}, 4, f_adaptive},
                          {"global", {2, 3, 4, 2}, 4, f_global}, {"folded", {2, 5, 5, 2}, 4, f_folded}};
  for (int i = 0; i < COUNT(all); i++) {
    tn_array x = spread_array(all[i].rank, all[i].shape);
    ag_gradcheck_report report;
    cr_expect_eq(ag_gradcheck(all[i].f, NULL, &x.view, 1, NULL, &report), TN_OK, "%s: %s", all[i].what,
                 report.message);
    tn_array_free(&x);
  }
}

/* ---- literal values ---- */

static const double nine[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

Test(pool, literal_values) {
  ag_graph *g = new_graph();
  ag_ref x = ag_constant(g, tn_view_of((void *)nine, TN_F64, 4, (int64_t[]){1, 3, 3, 1}));
  ag_pool_options two = {.size = {2, 2}, .stride = {1, 1}},
                  sides = {.size = {2, 2}, .before = {1, 1}, .after = {1, 1}};
  expect_values("max", compute(g, ag_max_pool(g, x, &two)), (double[]){5, 6, 8, 9}, 4, 0);
  expect_values("average", compute(g, ag_average_pool(g, x, &two)), (double[]){3, 4, 6, 7}, 4, 0);
  expect_values("p = 1", compute(g, ag_lp_pool(g, x, 1, &two)), (double[]){12, 16, 24, 28}, 4, 0);
  expect_values("without the sides", compute(g, ag_average_pool(g, x, &sides)), (double[]){1, 2.5, 5.5, 7}, 4,
                1e-15);
  sides.count_padding = true;
  expect_values("with the sides", compute(g, ag_average_pool(g, x, &sides)), (double[]){.25, 1.25, 2.75, 7},
                4, 1e-15);
  expect_values("global max", compute(g, ag_global_max_pool(g, x, false)), (double[]){9}, 1, 0);
  expect_values("global average", compute(g, ag_global_average_pool(g, x, true)), (double[]){5}, 1, 1e-15);
  expect_values("adaptive", compute(g, ag_adaptive_average_pool(g, x, (int64_t[]){2, 1})),
                (double[]){3.5, 6.5}, 2, 1e-15);
  expect_values("unfold", compute(g, ag_unfold(g, x, &(ag_pool_options){.size = {2, 2}, .stride = {1, 2}})),
                (double[]){1, 2, 4, 5, 4, 5, 7, 8}, 8, 0);
  ag_ref again = ag_fold(g, ag_unfold(g, x, &(ag_pool_options){.size = {2, 2}}), (int64_t[]){3, 3},
                         &(ag_pool_options){.size = {2, 2}});
  expect_values("each place as often as it is in a window", compute(g, again),
                (double[]){1, 4, 3, 8, 20, 12, 7, 16, 9}, 9, 0);
  ag_graph_free(g);
}

/* At a tie the derivative is shared; padding has no share in it. */
Test(pool, ties_share_the_derivative) {
  ag_graph *g = new_graph();
  ag_ref x = ag_constant(g, tn_view_of((double[]){-1, -1, -2, -2}, TN_F64, 4, (int64_t[]){1, 2, 2, 1})), dx;
  ag_pool_options o = {.size = {2, 2}, .stride = {2, 2}, .before = {1, 1}, .after = {1, 1}};
  ag_grad(g, ag_sum_all(g, ag_max_pool(g, x, &o)), &x, 1, &dx);
  expect_values("alone in their windows", compute(g, dx), (double[]){1, 1, 1, 1}, 4, 0);
  ag_grad(g, ag_sum_all(g, ag_max_pool(g, x, &(ag_pool_options){.size = {2, 2}})), &x, 1, &dx);
  expect_values("a tie of two", compute(g, dx), (double[]){.5, .5, 0, 0}, 4, 0);
  ag_graph_free(g);
}

/* ---- refusals ---- */

typedef ag_ref call(ag_graph *g, ag_ref x);
#define CALL(NAME, EXPRESSION)                                                                               \
  static ag_ref bad_##NAME(ag_graph *g, ag_ref x) { return EXPRESSION; }
CALL(large, ag_max_pool(g, x, &(ag_pool_options){.size = {5, 1}}))
CALL(stride, ag_average_pool(g, x, &(ag_pool_options){.size = {2, 2}, .stride = {-1}}))
CALL(negative, ag_max_pool(g, x, &(ag_pool_options){.size = {2, 2}, .before = {-1}}))
CALL(half, ag_max_pool(g, x, &(ag_pool_options){.size = {2, 2}, .before = {2}}))
CALL(p, ag_lp_pool(g, x, 0, &(ag_pool_options){.size = {2, 2}}))
CALL(rank, ag_global_average_pool(g, ag_sum_axis(g, ag_sum_axis(g, x, 1, false), 1, false), false))
CALL(places, ag_adaptive_max_pool(g, x, (int64_t[]){0, 2}))
CALL(unfold, ag_unfold(g, x, &(ag_pool_options){.size = {2, 2}, .round_up = true}))
CALL(fold, ag_fold(g, x, (int64_t[]){5}, &(ag_pool_options){.size = {3}}))

Test(pool, what_does_not_fit_is_refused) {
  const struct {
    call *f;
    const char *words;
  } cases[] = {{bad_large, "max_pool: along spatial axis 0 windows of 5"},
               {bad_stride, "average_pool: along spatial axis 0"},
               {bad_negative, "with -1 and 0 around them (x f64[2, 4, 3, 2])"},
               {bad_half, "more than half"},
               {bad_p, "lp_pool: p = 0"},
               {bad_rank, "global_average_pool: want [batch"},
               {bad_places, "adaptive_max_pool: 4 places of axis 0 cannot become 0"},
               {bad_unfold, "unfold takes neither"},
               {bad_fold, "fold: want the windows"}};
  for (int i = 0; i < COUNT(cases); i++) {
    ag_graph *g = new_graph();
    ag_ref y = cases[i].f(g, ag_input(g, "x", TN_F64, 4, (int64_t[]){2, 4, 3, 2}));
    cr_expect(y.id == 0 && strstr(ag_error(g), cases[i].words), "%s: %s", cases[i].words, ag_error(g));
    ag_graph_free(g);
  }
}
