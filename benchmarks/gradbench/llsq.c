/* llsq: half the squared distance of a polynomial with coefficients x from sign(t), at n places t in [-1, 1]. */
#include "gradbench.h"

static void build(gb_call *c) {
  ag_graph *g = c->g;
  ag_ref x = gb_leaf(c, "x"), t = ag_linspace(g, TN_F64, gb_extent(c, "n"), -1, 1),
         polynomial = ag_like(g, t, 0);
  for (int64_t j = gb_places(c, x, 0) - 1; j >= 0; j--)
    polynomial = ag_add(g, ag_mul(g, polynomial, t), ag_slice(g, x, 0, j, 1));
  ag_ref y = ag_scale(g, ag_sum_all(g, ag_square(g, ag_sub(g, ag_sign(g, t), polynomial))), 0.5);
  gb_output(c, gb_is(c, "primal") ? y : gb_gradient(g, y, x, false));
}

const gb_evaluation gb_llsq = {"llsq", "primal gradient", build, NULL, NULL};
