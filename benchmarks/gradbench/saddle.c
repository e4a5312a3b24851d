/* saddle: min over x of max over y of (x_0^2 + x_1^2) - (y_0^2 + y_1^2), both by descent. The inner descent is a loop in the graph,
 * with derivatives inside, and the outer one follows the derivative of its end. "fr": the outer derivative forward,
 * the inner one in reverse. */
#include "gradbench.h"

enum { STEPS = 512 }; /* of the inner loop; it is at its end after some 200, and stays there */

static ag_ref function(ag_graph *g, ag_ref x, ag_ref y) {
  return ag_sub(g, ag_sum_all(g, ag_square(g, x)), ag_sum_all(g, ag_square(g, y)));
}

enum { Y, VALUE, GRADIENT, SIZE, TAKEN, GOES, CARRIED };

static ag_ref squared_length(ag_graph *g, ag_ref x) { return ag_sum_all(g, ag_square(g, x)); }
static ag_ref at_most(ag_graph *g, ag_ref x, double limit) {
  return ag_less_equal(g, x, ag_like(g, x, limit));
}
static ag_ref both(ag_graph *g, ag_ref a, ag_ref b) { return ag_logical_and(g, a, b); }
static ag_ref no(ag_graph *g, ag_ref a) { return ag_logical_not(g, a); }

/* One step of descend.c, on -function. */
static void step(ag_graph *g, const ag_scan_step *s, const void *ctx) {
  const ag_ref *at = s->carry;
  ag_ref x = s->shared[0], y = ag_sub(g, at[Y], ag_mul(g, at[SIZE], at[GRADIENT]));
  ag_ref value = ag_neg(g, function(g, x, y)), gradient = gb_gradient(g, value, y, *(const bool *)ctx);
  ag_ref zero = ag_like(g, value, 0), ten = ag_equal(g, at[TAKEN], ag_like(g, value, 10));
  ag_ref near = both(g, no(g, ten), at_most(g, squared_length(g, ag_sub(g, at[Y], y)), 1e-10));
  ag_ref ends = ag_logical_or(g, at_most(g, squared_length(g, at[GRADIENT]), 1e-10), near);
  ag_ref goes = both(g, at[GOES], no(g, ends)), tries = both(g, goes, no(g, ten));
  ag_ref lower = ag_less(g, value, at[VALUE]), taken = both(g, tries, lower),
         back = both(g, tries, no(g, lower));
  ag_ref factor = ag_offset(g, ag_sub(g, both(g, goes, ten), ag_scale(g, back, 0.5)), 1);
  s->next[Y] = ag_where(g, taken, y, at[Y]);
  s->next[VALUE] = ag_where(g, taken, value, at[VALUE]);
  s->next[GRADIENT] = ag_where(g, taken, gradient, at[GRADIENT]);
  s->next[SIZE] = ag_mul(g, at[SIZE], factor);
  s->next[TAKEN] = ag_where(g, goes, ag_where(g, taken, ag_offset(g, at[TAKEN], 1), zero), at[TAKEN]);
  s->next[GOES] = goes;
}

/* The y of the largest value at x; *goes: 1 if the loop was too short. */
static ag_ref highest(ag_graph *g, ag_ref x, ag_ref start, bool forward, ag_ref *goes) {
  ag_ref value = ag_neg(g, function(g, x, start)), end[CARRIED];
  ag_ref begin[CARRIED] = {start,
                           value,
                           gb_gradient(g, value, start, forward),
                           ag_like(g, value, 1e-5),
                           ag_like(g, value, 0),
                           ag_like(g, value, 1)};
  ag_scan_args loop = {.length = STEPS, .carry = begin, .n_carry = CARRIED, .shared = &x, .n_shared = 1};
  ag_scan(g, &loop, step, &forward, end, NULL);
  *goes = end[GOES];
  return end[Y];
}

static void build(gb_call *c) {
  ag_graph *g = c->g;
  bool outer = c->function[0] == 'f', inner = c->function[1] == 'f';
  ag_ref x = gb_leaf(c, "start"), start = gb_constant(c, "start"), goes[2];
  ag_ref value = function(g, x, highest(g, x, start, inner, &goes[0]));
  ag_ref y = highest(g, x, start, outer, &goes[1]);
  gb_output(c, value);
  gb_output(c, gb_gradient(g, value, x, outer));
  gb_output(c, ag_concat(g, (ag_ref[]){x, y}, 2, 0));
  gb_output(c, ag_add(g, goes[0], goes[1]));
}

static void run(gb_call *c) {
  gb_descend(c);
  if (!*c->error && *gb_values(c, 3) != 0) gb_fail(c, "the inner descent does not end in %d steps", STEPS);
}

static json_t *result(const gb_call *c) { return gb_array(c, 2); }

const gb_evaluation gb_saddle = {"saddle", "ff fr rf rr", build, run, result};
