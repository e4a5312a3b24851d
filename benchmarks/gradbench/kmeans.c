/* kmeans: the squared distances of points from their nearest centroid, and Newton's step: the gradient over the Hessian's
 * diagonal. The Hessian is diagonal, so that its product with ones is that diagonal. */
#include "gradbench.h"

/* [points, centroids] */
static ag_ref squared_distances(ag_graph *g, ag_ref points, ag_ref centroids) {
  ag_ref pp = ag_sum(g, ag_square(g, points), 2, true), cc = ag_sum(g, ag_square(g, centroids), 2, false);
  ag_ref products = ag_contract(g, points, centroids, false, true);
  return ag_add(g, pp, ag_sub(g, cc, ag_scale(g, products, 2)));
}

static void build(gb_call *c) {
  ag_graph *g = c->g;
  ag_ref points = gb_leaf(c, "points"), centroids = gb_leaf(c, "centroids"), gradient, curvature;
  ag_ref cost = ag_sum_all(g, ag_amin(g, squared_distances(g, points, centroids), 2, false));
  ag_type type = ag_type_of(g, centroids);
  ag_ref ones = ag_full(g, TN_F64, type.rank, type.shape, 1);
  ag_grad(g, cost, &centroids, 1, &gradient);
  ag_hvp(g, cost, &centroids, &ones, 1, &curvature);
  gb_output(c, gb_is(c, "cost") ? cost : ag_div(g, gradient, curvature));
}

const gb_evaluation gb_kmeans = {"kmeans", "cost dir", build, NULL, NULL};
