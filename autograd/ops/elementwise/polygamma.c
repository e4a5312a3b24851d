#include "autograd/ops/op.h"
#include "tensor/special.h"

/* attr.i: [0] n. */

/* One by one in double, whatever the element type. */
#define LOOP(T, SUFFIX)                                                                                      \
  static void polygamma_##SUFFIX(const ag_attr *attr, int n, const T *const *in, T *out) {                   \
    (void)attr;                                                                                              \
    for (int i = 0; i < n; i++) out[i] = (T)tn_polygamma((int)attr->i[0], (double)in[0][i]);                 \
  }
LOOP(float, f32)
LOOP(double, f64)

static void polygamma_vjp(ag_graph *g, ag_ref y, ag_ref dy, ag_ref *dx) {
  int n = (int)ag_attr_of(g, y)->i[0];
  dx[0] = ag_mul(g, dy, ag_polygamma(g, n + 1, ag_in(g, y, 0)));
}

const ag_op ag_op_polygamma = {
    AG_EWISE_FIELDS(polygamma, 1), .doc = "the n-th derivative of digamma, which is n = 0; 0 <= n <= 100",
    .flags = AG_ROWWISE, .vjp = polygamma_vjp,
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
