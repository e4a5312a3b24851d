/* r2.c - see r2.h. Computed in double over all predictions at once. */
#include "r2.h"

double nn_r2(tn_view y, tn_view f, int column) {
  int64_t columns = y.rank > 1 ? y.shape[1] : 1, n = tn_view_numel(&y);
  double residual = 0, total = 0;
  for (int64_t i = 0; i < n; i++) {
    if (column >= 0 && i % columns != column) continue;
    double truth = tn_get(&y, i), error = truth - tn_get(&f, i);
    residual += error * error;
    total += truth * truth;
  }
  return 1 - residual / total;
}
