/* gmm: the log posterior of a Gaussian mixture with a Wishart prior. Component k has mean mu_k and precision Q'Q; Q is lower
 * triangular, with diagonal e^q_k and l_k, column by column, below it. */
#include "gradbench.h"

#include <math.h>
#include <stdlib.h>

typedef struct model {
  ag_ref alpha, mu, q, l, x; /* [k], [k, d], [k, d], [k, d (d - 1) / 2], [n, d] */
  int64_t d, k, n;
  double gamma, m;
} model;

/* Where element (row, column) of Q lies in l; one behind l, where a zero is put, if it is not below the diagonal. */
static ag_ref places(gb_call *c, int64_t d) {
  int64_t *place = calloc((size_t)(d * d), sizeof *place), at = 0;
  if (!place) return gb_fail(c, "out of memory"), (ag_ref){0};
  for (int64_t i = 0; i < d * d; i++) place[i] = d * (d - 1) / 2;
  for (int64_t column = 0; column < d; column++)
    for (int64_t row = column + 1; row < d; row++) place[row * d + column] = at++;
  ag_ref r = ag_constant(c->g, tn_view_of(place, TN_I64, 2, (int64_t[]){d, d}));
  free(place);
  return r;
}

/* [k, d, d] */
static ag_ref factors(gb_call *c, const model *m) {
  ag_graph *g = c->g;
  ag_ref below = ag_index_select(g, ag_pad(g, m->l, 1, 0, 1), 1, places(c, m->d));
  return ag_add(g, below, ag_diagonal_matrix(g, ag_exp(g, m->q)));
}

static double log_gamma(double a, int64_t d) { /* of d dimensions */
  double sum = 0.25 * (double)(d * (d - 1)) * log(M_PI);
  for (int64_t j = 0; j < d; j++) sum += lgamma(a - 0.5 * (double)j);
  return sum;
}

static ag_ref log_prior(ag_graph *g, const model *m, ag_ref q) {
  double d = (double)m->d, freedom = d + m->m + 1;
  double constant = freedom * d * log(m->gamma / M_SQRT2) - log_gamma(0.5 * freedom, m->d);
  ag_ref squares = ag_scale(g, ag_sum_all(g, ag_square(g, q)), -0.5 * m->gamma * m->gamma);
  return ag_offset(g, ag_add(g, squares, ag_scale(g, ag_sum_all(g, m->q), m->m)), (double)m->k * constant);
}

static ag_ref log_likelihood(ag_graph *g, const model *m, ag_ref q) {
  ag_ref centred = ag_sub(g, ag_unsqueeze(g, m->x, 0), ag_unsqueeze(g, m->mu, 1)); /* [k, n, d] */
  ag_ref squares = ag_sum_axis(g, ag_square(g, ag_matmul(g, centred, ag_transpose2(g, q))), -1, false);
  ag_ref weight = ag_unsqueeze(g, ag_add(g, m->alpha, ag_sum_axis(g, m->q, -1, false)), 1);
  ag_ref beta = ag_sub(g, weight, ag_scale(g, squares, 0.5));
  ag_ref all = ag_sum_all(g, ag_logsumexp(g, beta, 0, false));
  ag_ref normalised = ag_sub(g, all, ag_scale(g, ag_logsumexp(g, m->alpha, 0, false), (double)m->n));
  return ag_offset(g, normalised, -0.5 * (double)(m->n * m->d) * log(2 * M_PI));
}

static void build(gb_call *c) {
  ag_graph *g = c->g;
  model m = {gb_leaf(c, "alpha"),   gb_leaf(c, "mu"),  gb_leaf(c, "q"),   gb_leaf(c, "l"),
             gb_leaf(c, "x"),       gb_extent(c, "d"), gb_extent(c, "k"), gb_extent(c, "n"),
             gb_number(c, "gamma"), gb_number(c, "m")};
  ag_ref q = factors(c, &m), y = ag_add(g, log_likelihood(g, &m, q), log_prior(g, &m, q)), d[4];
  ag_grad(g, y, (ag_ref[]){m.alpha, m.mu, m.q, m.l}, 4, d);
  if (gb_is(c, "objective")) gb_output(c, y);
  else
    for (int i = 0; i < 4; i++) gb_output(c, d[i]);
}

static json_t *result(const gb_call *c) {
  if (gb_is(c, "objective")) return gb_array(c, 0);
  return json_pack("{s:o, s:o, s:o, s:o}", "alpha", gb_array(c, 0), "mu", gb_array(c, 1), "q", gb_array(c, 2),
                   "l", gb_array(c, 3));
}

const gb_evaluation gb_gmm = {"gmm", "objective jacobian", build, NULL, result};
