/* random_network.c - see random_network.h. */
#include "random_network.h"

#include <stdio.h>

enum { MOST = 3000, PARTS = 3, KERNEL = 8, ROW = 6 };

static int64_t elements_of(ag_graph *g, ag_ref x) {
  ag_type t = ag_type_of(g, x);
  return tn_numel(t.rank, t.shape);
}

/* A small scalar of all elements of x. */
static ag_ref summary(ag_graph *g, ag_ref x) {
  return ag_scale(g, ag_sum_all(g, ag_tanh(g, x)), 1 / (1.0 + (double)elements_of(g, x)));
}

/* ---- loops ---- */

typedef struct steps {
  draw *d;
  bool carries;
  int depth; /* of loops around it */
} steps;

static ag_ref loop_over(ag_graph *g, const steps *s, const ag_ref *x);

/* A value that each step makes of its slice and the shared value: part of it does not depend on the step. */
static ag_ref of_slice(ag_graph *g, const ag_scan_step *step, draw *d) {
  ag_ref e = step->each[0], w = step->shared[0], often = ag_exp(g, ag_tanh(g, w));
  switch (draw_below(d, 4)) {
  case 0: return ag_mul(g, e, summary(g, often));
  case 1: return ag_tanh(g, ag_add(g, e, summary(g, w)));
  case 2: return ag_add(g, ag_square(g, e), summary(g, ag_mul(g, often, often)));
  default: return ag_sub(g, ag_sigmoid(g, e), summary(g, w));
  }
}

/* The next carried value, of the shape of c. */
static ag_ref of_carry(ag_graph *g, ag_ref c, ag_ref slice, draw *d) {
  ag_ref s = summary(g, slice);
  ag_type t = ag_type_of(g, c);
  switch (draw_below(d, 5)) {
  case 0: return ag_tanh(g, ag_add(g, c, s));
  case 1: return ag_mul(g, ag_sigmoid(g, c), s);
  case 2: return ag_where(g, ag_greater(g, c, s), ag_scale(g, c, 0.5), ag_sub(g, c, s));
  case 3: return ag_add(g, ag_scale(g, c, 0.9), ag_uniform(g, "noise", t.dtype, t.rank, t.shape));
  default:
    if (t.rank != 2) return ag_detach(g, ag_sin(g, ag_add(g, c, s)));
    return ag_tanh(g, ag_contract(g, ag_contract(g, c, c, false, true), c, false, false));
  }
}

static void body(ag_graph *g, const ag_scan_step *step, const void *ctx) {
  const steps *s = ctx;
  ag_ref y = of_slice(g, step, s->d);
  if (s->depth == 0 && ag_type_of(g, y).rank > 0 && draw_chance(s->d, 25)) /* a loop in the loop */
    y = loop_over(g, &(steps){s->d, true, 1}, (ag_ref[]){y, y, step->shared[0]});
  step->out[0] = y;
  if (!s->carries) return;
  step->next[0] = of_carry(g, step->carry[0], y, s->d);
  if (draw_chance(s->d, 50)) step->out[0] = ag_mul(g, y, summary(g, step->carry[0]));
}

/* Over the first axis of x[0], with x[1] carried and x[2] shared. */
static ag_ref loop_over(ag_graph *g, const steps *s, const ag_ref *x) {
  ag_ref last = {0}, out = {0};
  char name[24];
  snprintf(name, sizeof name, "loop%d", (int)ag_node_count(g));
  ag_scan_args args = {.name = name,
                       .length = ag_type_of(g, x[0]).shape[0],
                       .reverse = draw_chance(s->d, 40),
                       .carry = &x[1],
                       .n_carry = s->carries,
                       .each = x,
                       .n_each = 1,
                       .shared = &x[2],
                       .n_shared = 1,
                       .n_out = 1,
                       .recompute = draw_chance(s->d, 25)};
  ag_scan(g, &args, body, s, &last, &out);
  return s->carries && draw_chance(s->d, 50) ? ag_tanh(g, last) : ag_tanh(g, out);
}

static ag_ref loop(ag_graph *g, draw *d, const ag_ref *x) {
  ag_type t = ag_type_of(g, x[0]);
  const steps s = {d, draw_chance(d, 70), 0};
  if (t.rank == 0 || t.shape[0] * (elements_of(g, x[1]) + elements_of(g, x[2])) > 4 * MOST)
    return (ag_ref){0};
  return loop_over(g, &s, x);
}

/* ---- images and sequences ---- */

/* The first n elements of x, or id 0 if it has fewer. */
static ag_ref first(ag_graph *g, ag_ref x, int64_t n) {
  int64_t all = elements_of(g, x);
  if (all < n) return (ag_ref){0};
  return ag_slice(g, ag_reshape(g, x, 1, &all), 0, 0, n);
}

/* x as [1, rows, ROW, channels], without what is left over; id 0 if that is too small. */
static ag_ref image(ag_graph *g, ag_ref x, int64_t channels) {
  int64_t rows = elements_of(g, x) / (ROW * channels);
  if (rows < 3) return (ag_ref){0};
  x = first(g, x, rows * ROW * channels);
  return ag_reshape(g, x, 4, (int64_t[]){1, rows, ROW, channels});
}

static ag_ref convolution(ag_graph *g, draw *d, const ag_ref *x) {
  const int64_t channels = 1 + draw_below(d, 2);
  ag_conv_options o = {.groups = draw_chance(d, 50) ? channels : 1};
  ag_ref in = image(g, x[0], channels), kernel = first(g, x[1], KERNEL);
  if (!in.id || !kernel.id) return (ag_ref){0};
  kernel =
      ag_reshape(g, kernel, 4, (int64_t[]){2, 1, channels / o.groups, KERNEL / 2 / (channels / o.groups)});
  for (int a = 0; a < 2; a++) {
    o.stride[a] = 1 + draw_below(d, 2), o.dilation[a] = 1 + draw_below(d, 2);
    o.before[a] = draw_below(d, 3), o.after[a] = draw_below(d, 3);
  }
  return ag_tanh(g, ag_conv(g, in, kernel, &o));
}

static ag_ref pool(ag_graph *g, draw *d, const ag_ref *x) {
  ag_ref in = image(g, x[0], 2);
  ag_pool_options o = {.size = {2, 3}, .stride = {1 + draw_below(d, 2), 1 + draw_below(d, 3)}};
  o.before[0] = draw_below(d, 2), o.round_up = draw_chance(d, 30), o.count_padding = draw_chance(d, 50);
  if (!in.id) return in;
  return draw_chance(d, 50) ? ag_max_pool(g, in, &o) : ag_average_pool(g, in, &o);
}

static ag_ref attention(ag_graph *g, draw *d, const ag_ref *x) {
  enum { HEADS = 2, WIDTH = 3 };
  ag_ref part[PARTS];
  for (int i = 0; i < PARTS; i++) { /* keys and values are as many, queries need not be */
    int64_t rows = elements_of(g, x[i ? 1 : 0]) / (HEADS * WIDTH);
    if (rows < 1 || rows > 40) return (ag_ref){0};
    part[i] = ag_reshape(g, first(g, x[i ? 1 : 0], HEADS * rows * WIDTH), 3, (int64_t[]){HEADS, rows, WIDTH});
    if (i == 2) part[i] = ag_tanh(g, part[i]);
  }
  const ag_attention_options o = {.causal = draw_chance(d, 50), .rows = 1 + draw_below(d, 8)};
  return ag_attention(g, part[0], part[1], part[2], &o);
}

ag_ref random_network(ag_graph *g, draw *d, const ag_ref *x) {
  switch (draw_below(d, 5)) {
  case 0: return convolution(g, d, x);
  case 1: return pool(g, d, x);
  case 2: return attention(g, d, x);
  default: return loop(g, d, x);
  }
}
