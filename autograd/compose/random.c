/* random.c - random masks. */
#include "autograd/autograd.h"

ag_ref ag_bernoulli(ag_graph *g, const char *name, tn_dtype dtype, int rank, const int64_t *shape, double p) {
  if (!(p >= 0 && p <= 1)) {
    ag_fail(g, TN_EINVAL, "bernoulli: p = %g is not between 0 and 1", p);
    return (ag_ref){0};
  }
  ag_ref u = ag_uniform(g, name, dtype, rank, shape);
  return ag_less(g, u, ag_like(g, u, p));
}
