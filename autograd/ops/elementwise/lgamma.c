#include "autograd/ops/op.h"
#include "tensor/special.h"

/* One by one in double, whatever the element type. */
#define LOOP(T, SUFFIX)                                                                                      \
  static void lgamma_##SUFFIX(const ag_attr *attr, int n, const T *const *in, T *out) {                      \
    (void)attr;                                                                                              \
    for (int i = 0; i < n; i++) out[i] = (T)tn_lgamma((double)in[0][i]);                                     \
  }
LOOP(float, f32)
LOOP(double, f64)

static void lgamma_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  dx[0] = ag_mul(g, dy, ag_polygamma(g, 0, ag_in(g, y, 0)));
}

const ag_op ag_op_lgamma = {AG_EWISE_FIELDS(lgamma, 1),
                            .doc = "log |Gamma(x)|; inf at 0 and negative integers", .flags = AG_ROWWISE,
                            .vjp = lgamma_vjp,
                            AG_CASES({.n_in = 1, .in = {{2, {3, 4}}}, .low = 0.3, .high = 6},
                                     {.n_in = 1, .in = {{1, {7}}}, .low = -1.8, .high = -1.2})};

ag_ref ag_lgamma(ag_graph *g, ag_ref x) { return AG_EMIT(g, &ag_op_lgamma, NULL, x); }
