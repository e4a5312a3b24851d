/* ode: y_0' = x_0, y_i' = x_i y_(i-1), y(0) = 0, until t = 2 by s steps of Runge-Kutta: y, or the derivative of its
 * last element by x. The steps are a loop (ag_scan), differentiated as one. */
#include "gradbench.h"

static ag_ref slope(ag_graph *g, ag_ref x, ag_ref y) {
  int64_t n = ag_type_of(g, x).shape[0];
  ag_ref before = ag_pad_value(g, ag_slice(g, y, 0, 0, n - 1), 0, 1, 0, 1); /* 1, y_0, ..., y_(n-2) */
  return ag_mul(g, x, before);
}

static ag_ref along(ag_graph *g, ag_ref y, double h, ag_ref k) { return ag_add(g, y, ag_scale(g, k, h)); }

static void step(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  double h = *(const double *)ctx;
  ag_ref x = s->shared[0], y = s->carry[0];
  ag_ref k1 = slope(g, x, y), k2 = slope(g, x, along(g, y, h / 2, k1));
  ag_ref k3 = slope(g, x, along(g, y, h / 2, k2)), k4 = slope(g, x, along(g, y, h, k3));
  ag_ref sum = ag_add(g, ag_add(g, k1, k4), ag_scale(g, ag_add(g, k2, k3), 2));
  s->next[0] = along(g, y, h / 6, sum);
}

static void build(gb_call *c) {
  ag_graph *g = c->g;
  ag_ref x = gb_leaf(c, "x"), start = ag_scale(g, x, 0), y;
  int64_t n = gb_places(c, x, 0), steps = gb_extent(c, "s");
  double h = 2.0 / (double)steps;
  ag_scan_args loop = {.length = steps, .carry = &start, .n_carry = 1, .shared = &x, .n_shared = 1};
  ag_scan(g, &loop, step, &h, &y, NULL);
  ag_ref last = ag_sum_all(g, ag_slice(g, y, 0, n - 1, 1));
  gb_output(c, gb_is(c, "primal") ? y : gb_gradient(g, last, x, false));
}

const gb_evaluation gb_ode = {"ode", "primal gradient", build, NULL, NULL};
