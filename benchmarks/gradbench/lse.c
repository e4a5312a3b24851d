/* lse: log of the sum of exponentials, shifted by the largest so that none overflows. */
#include "gradbench.h"

static void build(gb_call *c) {
  ag_graph *g = c->g;
  ag_ref x = gb_leaf(c, "x"), largest = ag_max_axis(g, x, 0, false);
  ag_ref y = ag_add(g, largest, ag_log(g, ag_sum_all(g, ag_exp(g, ag_sub(g, x, largest)))));
  gb_output(c, gb_is(c, "primal") ? y : gb_gradient(g, y, x, false));
}

const gb_evaluation gb_lse = {"lse", "primal gradient", build, NULL, NULL};
