/* particle: the place w of a charge that sends a particle through the origin: least squared place where its path, by Euler's rule,
 * meets the axis. Derivatives are nested: the force is the gradient of a potential within a loop, whose end is
 * differentiated by w. "fr": the outer derivative forward, the inner one in reverse. */
#include "gradbench.h"

enum { STEPS = 512 }; /* of the loop; the path meets the axis after some 100, and stays where it met it */

static ag_ref pair(ag_graph *g, ag_ref a, ag_ref b) {
  return ag_concat(g, (ag_ref[]){ag_reshape(g, a, 1, (int64_t[]){1}), ag_reshape(g, b, 1, (int64_t[]){1})}, 2,
                   0);
}
static ag_ref second(ag_graph *g, ag_ref x) { return ag_slice(g, x, 0, 1, 1); }

static ag_ref potential(ag_graph *g, ag_ref x, ag_ref w) {
  ag_ref ten = ag_full(g, TN_F64, 1, (int64_t[]){1}, 10), sum = {0};
  ag_ref charges[2] = {pair(g, ten, ag_sub(g, ten, w)), pair(g, ten, ag_sub(g, ten, ten))};
  for (int i = 0; i < 2; i++) {
    ag_ref squares = ag_sum_all(g, ag_square(g, ag_sub(g, x, charges[i]))), p = ag_rsqrt(g, squares);
    sum = i ? ag_add(g, sum, p) : p;
  }
  return sum;
}

/* Place and velocity; both stay from the step on that would cross the axis. */
static void step(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  const double time = 0.1;
  ag_ref x = s->carry[0], v = s->carry[1];
  ag_ref push = gb_gradient(g, potential(g, x, s->shared[0]), x, *(const bool *)ctx);
  ag_ref next = ag_add(g, x, ag_scale(g, v, time));
  ag_ref above = ag_greater(g, second(g, next), ag_like(g, next, 0));
  s->next[0] = ag_where(g, above, next, x);
  s->next[1] = ag_where(g, above, ag_sub(g, v, ag_scale(g, push, time)), v);
}

static ag_ref squared_place(ag_graph *g, ag_ref w, bool forward, ag_ref *beyond) {
  static const double start[2][2] = {{0, 8}, {0.75, 0}};
  int64_t two = 2;
  ag_ref path[2], end[2];
  for (int i = 0; i < 2; i++)
    path[i] = ag_constant(g, tn_view_of((void *)(uintptr_t)start[i], TN_F64, 1, &two));
  ag_scan_args loop = {.length = STEPS, .carry = path, .n_carry = 2, .shared = &w, .n_shared = 1};
  ag_scan(g, &loop, step, &forward, end, NULL);
  ag_ref time = ag_div(g, second(g, end[0]), second(g, end[1])); /* until it meets the axis, negative */
  *beyond = ag_sum_all(g, ag_greater(g, ag_neg(g, time), ag_like(g, time, 0.1 * (1 + 1e-9))));
  return ag_sum_all(g, ag_square(g, ag_slice(g, ag_sub(g, end[0], ag_mul(g, time, end[1])), 0, 0, 1)));
}

static void build(gb_call *c) {
  ag_graph *g = c->g;
  ag_ref w = ag_reshape(g, gb_leaf(c, "w"), 1, (int64_t[]){1}), beyond;
  ag_ref y = squared_place(g, w, c->function[1] == 'f', &beyond);
  gb_output(c, y);
  gb_output(c, gb_gradient(g, y, w, c->function[0] == 'f'));
  gb_output(c, w);
  gb_output(c, beyond);
}

static void run(gb_call *c) {
  gb_descend(c);
  if (!*c->error && *gb_values(c, 3) != 0) gb_fail(c, "the path does not meet the axis in %d steps", STEPS);
}

static json_t *result(const gb_call *c) { return json_real(*gb_values(c, 2)); }

const gb_evaluation gb_particle = {"particle", "ff fr rf rr", build, run, result};
