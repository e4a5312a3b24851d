/* procrustes.c - see procrustes.h. */
#include "linear/procrustes.h"

#include "linear/svd.h"
#include "sbnn.h"

#include <stdlib.h>

/* Mean of each column, and the sum of squares about it. */
static double moments(size_t n, size_t d, const double *x, double *mean) {
  double squares = 0;
  for (size_t k = 0; k < d; k++) {
    mean[k] = 0;
    for (size_t i = 0; i < n; i++) mean[k] += x[i * d + k] / (double)n;
    for (size_t i = 0; i < n; i++) squares += (x[i * d + k] - mean[k]) * (x[i * d + k] - mean[k]);
  }
  return squares;
}

/* A'B = U S V' for centred A and B: the rotation is U V', and the sum of S over |A|^2 the scale. */
double sbnn_procrustes(size_t n, size_t d, double *a, const double *b) {
  double *room = sbnn_alloc(4 * d * d + 4 * d, sizeof *room), *cross = room, *v = cross + d * d;
  double *turn = v + d * d, *s = turn + d * d, *mean_a = s + d, *mean_b = mean_a + d, *row = mean_b + d;
  double aa = moments(n, d, a, mean_a), bb = moments(n, d, b, mean_b), sum = 0;
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < d; k++) /* columns of A'B one after the other */
      for (size_t j = 0; j < d; j++)
        cross[k * d + j] += (a[i * d + j] - mean_a[j]) * (b[i * d + k] - mean_b[k]);
  sbnn_svd(d, d, cross, s, v);
  sbnn_complete_rows(d, d, cross);
  for (size_t r = 0; r < d; r++) sum += s[r];
  for (size_t j = 0; j < d; j++)
    for (size_t k = 0; k < d; k++)
      for (size_t r = 0; r < d; r++) turn[j * d + k] += cross[r * d + j] * v[r * d + k];
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < d; j++) row[j] = aa > 0 ? (a[i * d + j] - mean_a[j]) * sum / aa : 0;
    for (size_t k = 0; k < d; k++) {
      a[i * d + k] = mean_b[k];
      for (size_t j = 0; j < d; j++) a[i * d + k] += row[j] * turn[j * d + k];
    }
  }
  free(room);
  return aa > 0 && bb > 0 ? 1 - sum * sum / (aa * bb) : 1;
}
