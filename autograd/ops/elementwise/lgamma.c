#include "autograd/ops/op.h"
#include "tensor/special.h"
#include "tensor/vmath_gamma.h"

/* A vectorized loop if all elements are positive and finite; else element by element, with the same formula
 * for positive ones, so that an element's bits do not depend on its neighbours. */
TN_ANY void positive_any(int n, const float *x, float *out) {
  TN_IVDEP for (int i = 0; i < n; i++) out[i] = (float)tn__lgamma_positive((double)x[i]);
}
TN_BY_ISA(positive, (int n, const float *x, float *out), (n, x, out))

static void lgamma_f32(const ag_attr *attr, int n, const float *const *in, float *out) {
  (void)attr;
  if (tn__all_positive(n, in[0])) positive(n, in[0], out);
  else
    for (int i = 0; i < n; i++) {
      const float x = in[0][i];
      if (tn__all_positive(1, &x)) positive(1, &x, &out[i]);
      else out[i] = (float)tn_lgamma((double)x);
    }
}

static void lgamma_f64(const ag_attr *attr, int n, const double *const *in, double *out) {
  (void)attr;
  for (int i = 0; i < n; i++) out[i] = tn_lgamma(in[0][i]);
}

static void lgamma_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  dx[0] = ag_mul(g, dy, ag_polygamma(g, 0, ag_in(g, y, 0)));
}

const ag_op ag_op_lgamma = {AG_EWISE_FIELDS(lgamma, 1),
                            .doc = "log |Gamma(x)|; inf at 0 and negative integers", .flags = AG_ROWWISE,
                            .vjp = lgamma_vjp,
                            AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .low = 0.3, .high = 6},
                                     {.n_in = 1, .in = {{1, {7}}}, .low = -1.8, .high = -1.2})};

ag_ref ag_lgamma(ag_graph *g, ag_ref x) { return AG_EMIT(g, &ag_op_lgamma, NULL, x); }
