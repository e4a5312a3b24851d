/* standardize.c - see standardize.h: fitted on some of the rows. */
#include "standardize.h"

#include <math.h>

/* Element [r, c] of a matrix: a direct read of floats, tn_get for other types. */
static double at(const tn_view *x, int64_t r, int64_t c) {
  int64_t offset = r * x->stride[0] + c * x->stride[1];
  if (x->dtype == TN_F64) return ((const double *)x->data)[offset];
  if (x->dtype == TN_F32) return ((const float *)x->data)[offset];
  return tn_get(x, r * x->shape[1] + c);
}

void nn_standardize_fit(tn_view x, nn_split rows, double *mean, double *sd) {
  int64_t n = rows.rows ? rows.n : x.shape[0], columns = x.shape[1];
  for (int64_t c = 0; c < columns; c++) mean[c] = sd[c] = 0;
  if (n <= 0) return;
  /* Sums are of differences from the first row, so that a constant column has the exact mean and an sd of
   * exactly 0. */
  int64_t first = rows.rows ? rows.rows[0] : 0;
  for (int64_t i = 0; i < n; i++) {
    int64_t r = rows.rows ? rows.rows[i] : i;
    for (int64_t c = 0; c < columns; c++) mean[c] += at(&x, r, c) - at(&x, first, c);
  }
  for (int64_t c = 0; c < columns; c++) mean[c] = at(&x, first, c) + mean[c] / (double)n;
  for (int64_t i = 0; i < n; i++) {
    int64_t r = rows.rows ? rows.rows[i] : i;
    for (int64_t c = 0; c < columns; c++) {
      double difference = at(&x, r, c) - mean[c];
      sd[c] += difference * difference;
    }
  }
  for (int64_t c = 0; c < columns; c++) sd[c] = sqrt(sd[c] / (double)n);
}

void nn_standardize_apply(tn_view x, const double *mean, const double *sd) {
  for (int64_t r = 0; r < x.shape[0]; r++) {
    for (int64_t c = 0; c < x.shape[1]; c++) {
      double z = sd[c] > 0 ? (at(&x, r, c) - mean[c]) / sd[c] : 0;
      int64_t offset = r * x.stride[0] + c * x.stride[1];
      if (x.dtype == TN_F64) ((double *)x.data)[offset] = z;
      else if (x.dtype == TN_F32) ((float *)x.data)[offset] = (float)z;
      else tn_set(&x, r * x.shape[1] + c, z);
    }
  }
}
