/* unlike.c - see unlike.h. */
#include "training/unlike.h"

#include <math.h>
#include <stdlib.h>

static const double ridge =
    0.05; /* of a variance of 1: genes that say the same give no direction of no spread */

static double *row_of(const sbnn_spread *s, size_t i) { return s->factor + i * (i + 1) / 2; }

static void covariance(const float *x, size_t cells, size_t n, sbnn_spread *s) {
  for (size_t c = 0; c < cells; c++)
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j <= i; j++) row_of(s, i)[j] += (double)x[c * n + i] * (double)x[c * n + j];
  for (size_t k = 0; k < n * (n + 1) / 2; k++) s->factor[k] /= (double)cells;
  for (size_t i = 0; i < n; i++) row_of(s, i)[i] += ridge;
}

static void factorise(sbnn_spread *s) {
  for (size_t i = 0; i < s->n; i++)
    for (size_t j = 0; j <= i; j++) {
      double sum = row_of(s, i)[j];
      for (size_t k = 0; k < j; k++) sum -= row_of(s, i)[k] * row_of(s, j)[k];
      row_of(s, i)[j] = i == j ? sqrt(sum) : sum / row_of(s, j)[j];
    }
}

void sbnn_spread_fit(const float *x, size_t cells, size_t n, sbnn_spread *s) {
  *s = (sbnn_spread){0};
  if (n == 0 || n > SBNN_SPREAD_MOST || cells == 0) return;
  s->n = n;
  s->factor = sbnn_alloc(n * (n + 1) / 2, sizeof *s->factor);
  covariance(x, cells, n, s);
  factorise(s);
  for (size_t c = 0; c < cells; c++) s->farthest = fmax(s->farthest, sbnn_spread_distance(s, x + c * n));
}

void sbnn_spread_free(sbnn_spread *s) {
  free(s->factor);
  *s = (sbnn_spread){0};
}

double sbnn_spread_distance(const sbnn_spread *s, const float *x) {
  double y[SBNN_SPREAD_MOST], sum = 0;
  for (size_t i = 0; i < s->n; i++) {
    const double *row = row_of(s, i);
    y[i] = (double)x[i];
    for (size_t k = 0; k < i; k++) y[i] -= row[k] * y[k];
    y[i] /= row[i];
    sum += y[i] * y[i];
  }
  return sum;
}

bool sbnn_spread_shifted(const sbnn_spread *s, const float *x, size_t cells, double *distance) {
  enum { ENOUGH = 10 };
  const double part = 0.05;
  float mean[SBNN_SPREAD_MOST];
  if (s->n == 0 || cells < ENOUGH) return false;
  for (size_t i = 0; i < s->n; i++) {
    double sum = 0;
    for (size_t c = 0; c < cells; c++) sum += (double)x[c * s->n + i];
    mean[i] = (float)(sum / (double)cells);
  }
  double squared = sbnn_spread_distance(s, mean);
  *distance = sqrt(squared / (double)s->n);
  return squared > (1 - part) / part + 3 * (double)s->n / (double)cells; /* the mean's own chance */
}
