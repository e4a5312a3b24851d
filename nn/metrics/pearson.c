/* pearson.c - see pearson.h. */
#include "pearson.h"

#include <math.h>

tn_status nn_pearson(tn_view y, tn_view f, double *r) {
  if (!r) return TN_EINVAL;
  int64_t n = tn_view_numel(&y);
  if (n < 2 || !tn_same_shape(y.rank, y.shape, f.rank, f.shape)) return TN_ESHAPE;
  double mean_y = 0, mean_f = 0, yy = 0, ff = 0, yf = 0;
  for (int64_t i = 0; i < n; i++) mean_y += tn_get(&y, i) / (double)n, mean_f += tn_get(&f, i) / (double)n;
  for (int64_t i = 0; i < n; i++) {
    double a = tn_get(&y, i) - mean_y, b = tn_get(&f, i) - mean_f;
    yy += a * a, ff += b * b, yf += a * b;
  }
  *r = yy > 0 && ff > 0 ? fmax(-1, fmin(1, yf / sqrt(yy) / sqrt(ff))) : NAN;
  return TN_OK;
}
