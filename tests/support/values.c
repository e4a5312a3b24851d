/* values.c - see values.h. */
#include "values.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

ag_graph *new_graph(void) {
  ag_graph *g = NULL;
  cr_assert_eq(ag_graph_new(NULL, &g), TN_OK);
  return g;
}

ag_ref vector(ag_graph *g, const double *x, int64_t n) {
  return ag_constant(g, tn_view_of((void *)x, TN_F64, 1, &n));
}

result compute_at(ag_graph *g, ag_ref y, const tn_array *in) {
  ag_plan *plan = NULL;
  ag_run *run = NULL;
  cr_assert_eq(ag_compile(g, &y, 1, 0, &plan), TN_OK, "%s", ag_error(g));
  cr_assert_eq(ag_run_new(plan, 1, &run), TN_OK);
  for (int leaf = 0; leaf < ag_plan_leaf_count(plan); leaf++) {
    cr_assert_eq(ag_run_bind(run, leaf, in[atoi(ag_plan_leaf_name(plan, leaf) + 1)].view), TN_OK);
  }
  cr_assert_eq(ag_run_step(run, (tn_rng){.seed = 1}), TN_OK, "%s", ag_run_error(run));
  tn_view v = ag_run_output(run, 0);
  result r = {ag_type_of(g, y), tn_view_numel(&v), calloc((size_t)tn_view_numel(&v) + 1, sizeof(double))};
  cr_assert(v.dtype == r.type.dtype && tn_same_shape(v.rank, v.shape, r.type.rank, r.type.shape));
  for (int64_t i = 0; i < r.size; i++) r.at[i] = tn_get(&v, i);
  ag_run_free(run);
  ag_plan_free(plan);
  return r;
}

result compute(ag_graph *g, ag_ref y) { return compute_at(g, y, NULL); }

void expect_values(const char *what, result r, const double *want, int64_t size, double tolerance) {
  cr_expect_eq(r.size, size, "%s: %lld elements, not %lld", what, (long long)r.size, (long long)size);
  for (int64_t i = 0; i < r.size && i < size; i++) {
    bool same = r.at[i] == want[i] || (isnan(r.at[i]) && isnan(want[i])) ||
                fabs(r.at[i] - want[i]) <= tolerance * fmax(1, fabs(want[i]));
    cr_expect(same, "%s: element %lld is %.17g, not %.17g", what, (long long)i, r.at[i], want[i]);
  }
  free(r.at);
}

double tolerance_of(tn_dtype dtype) { return dtype == TN_F32 ? 1e-6 : 1e-14; }
