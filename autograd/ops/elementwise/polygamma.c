#include "autograd/ops/op.h"
#include "tensor/special.h"
#include "tensor/vmath_gamma.h"

/* attr.i: [0] n. */

/* Digamma is a vectorized loop if all elements are positive and finite. Else, and for higher orders, elements
 * are computed one by one in double, with the same formula for positive ones, so that an element's bits do
 * not depend on its neighbours. */
TN_ANY void digamma_any(int n, const float *x, float *out) {
  TN_IVDEP for (int i = 0; i < n; i++) out[i] = (float)tn__digamma_positive((double)x[i]);
}
TN_BY_ISA(digamma, (int n, const float *x, float *out), (n, x, out))

static void polygamma_f32(const ag_attr *attr, int n, const float *const *in, float *out) {
  const int order = (int)attr->i[0];
  if (order == 0 && tn__all_positive(n, in[0])) digamma(n, in[0], out);
  else
    for (int i = 0; i < n; i++) {
      const float x = in[0][i];
      if (order == 0 && tn__all_positive(1, &x)) digamma(1, &x, &out[i]);
      else out[i] = (float)tn_polygamma(order, (double)x);
    }
}

static void polygamma_f64(const ag_attr *attr, int n, const double *const *in, double *out) {
  for (int i = 0; i < n; i++) out[i] = tn_polygamma((int)attr->i[0], in[0][i]);
}

static void polygamma_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  int n = (int)ag_attr_of(g, y)->i[0];
  dx[0] = ag_mul(g, dy, ag_polygamma(g, n + 1, ag_in(g, y, 0)));
}

const ag_op ag_op_polygamma = {
    AG_EWISE_FIELDS(polygamma, 1),
    .doc = "the n-th derivative of digamma (n = 0: digamma itself); 0 <= n <= 100", .flags = AG_ROWWISE,
    .vjp = polygamma_vjp,
    AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .low = 0.5, .high = 6},
             {.n_in = 1, .in = {{1, {7}}}, .attr.i = {1}, .low = 0.5, .high = 6},
             {.n_in = 1, .in = {{1, {7}}}, .attr.i = {2}, .low = -1.8, .high = -1.2})};

ag_ref ag_polygamma(ag_graph *g, int n, ag_ref x) {
  if (n < 0 || n > TN_MAX_POLYGAMMA) {
    ag_fail(g, TN_EINVAL, "polygamma: the order %d is not between 0 and %d", n, TN_MAX_POLYGAMMA);
    return (ag_ref){0};
  }
  return AG_EMIT(g, &ag_op_polygamma, (&(ag_attr){.i = {n}}), x);
}
