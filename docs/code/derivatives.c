/* Derivatives beyond the gradient, for a logistic regression: the gradient of each example, the Hessian, and
 * Newton's method with it. */
#include <nabla/autograd/autograd.h>

#include <math.h>
#include <stdio.h>

enum { EXAMPLES = 6, FEATURES = 2 };

static double xs[EXAMPLES][FEATURES] = {{1, 0.2}, {0.5, 1}, {-1, 0.3}, {-0.4, -1}, {0.1, 0.9}, {-0.8, -0.2}};
static double labels[EXAMPLES] = {1, 1, 0, 0, 1, 0};

/* The loss of one example: log(1 + e^z) - label z, and a ridge that makes the Hessian definite. */
static ag_ref loss_of(ag_graph *g, ag_ref x, ag_ref label, ag_ref w) {
  ag_ref z = ag_sum_all(g, ag_mul(g, x, w));
  ag_ref ridge = ag_scale(g, ag_sum_all(g, ag_square(g, w)), 0.05);
  return ag_add(g, ag_sub(g, ag_softplus(g, z), ag_mul(g, label, z)), ridge);
}

/* Runs the plan of `outputs` at w and copies their values. */
static int run(ag_graph *g, const ag_ref *outputs, int n, double *w, double *const *out) {
  ag_plan *plan = NULL;
  ag_run *state = NULL;
  int64_t features = FEATURES;
  if (ag_compile(g, outputs, n, 0, &plan) != TN_OK) return puts(ag_error(g)), 1;
  int bad = ag_run_new(plan, 1, &state) != TN_OK ||
            ag_run_bind(state, ag_plan_find_leaf(plan, "w"), tn_view_of(w, TN_F64, 1, &features)) != TN_OK ||
            ag_run_step(state, (tn_rng){0}) != TN_OK;
  for (int i = 0; i < n && !bad; i++) {
    tn_view v = ag_run_output(state, i);
    for (int64_t k = 0; k < tn_view_numel(&v); k++) out[i][k] = tn_get(&v, k);
  }
  ag_run_free(state);
  ag_plan_free(plan);
  return bad;
}

int main(void) {
  const int64_t features = FEATURES;
  ag_graph *g;
  if (ag_graph_new(NULL, &g) != TN_OK) return 1;
  ag_ref w = ag_input(g, "w", TN_F64, 1, &features), x = ag_input(g, "x", TN_F64, 1, &features);
  ag_ref label = ag_input(g, "label", TN_F64, 0, NULL), one = loss_of(g, x, label, w);
  ag_ref data[] = {ag_constant(g, tn_view_of(xs, TN_F64, 2, (int64_t[]){EXAMPLES, FEATURES})),
                   ag_constant(g, tn_view_of(labels, TN_F64, 1, (int64_t[]){EXAMPLES}))};
  ag_ref losses, each, gradient; /* [EXAMPLES], [EXAMPLES, FEATURES], [FEATURES] */
  ag_vmap(g, (ag_ref[]){x, label}, data, 2, &one, 1, &losses);
  ag_per_example_grad(g, one, &w, 1, (ag_ref[]){x, label}, data, 2, &each);
  ag_ref total = ag_sum_all(g, losses), hessian = ag_hessian(g, total, w);
  ag_grad(g, total, &w, 1, &gradient);

  double at[FEATURES] = {0, 0}, d[FEATURES], h[FEATURES * FEATURES], rows[EXAMPLES * FEATURES];
  for (int step = 0; step < 6; step++) {
    if (run(g, (ag_ref[]){gradient, hessian, each}, 3, at, (double *[]){d, h, rows})) return 1;
    double size = sqrt(d[0] * d[0] + d[1] * d[1]), sum = 0, det = h[0] * h[3] - h[1] * h[2];
    for (int i = 0; i < EXAMPLES; i++) sum += rows[i * FEATURES];
    if (fabs(sum - d[0]) > 1e-12) return puts("the examples' gradients do not add up"), 1;
    printf("step %d: |gradient| %.1e\n", step, size);
    if (step == 5) return ag_graph_free(g), size < 1e-12 ? 0 : 1;
    at[0] -= (h[3] * d[0] - h[1] * d[1]) / det;
    at[1] -= (h[0] * d[1] - h[2] * d[0]) / det;
  }
  return 1;
}
