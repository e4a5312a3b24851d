/* moments.c - see moments.h. */
#include "linear/moments.h"

#include "sbnn.h"
#include "tensor/tensor.h"

#include <math.h>
#include <stdlib.h>

static double *to_double(const float *x, size_t n) {
  double *d = sbnn_alloc(n, sizeof *d);
  for (size_t i = 0; i < n; i++) d[i] = x[i];
  return d;
}

/* to [p x q] = a'b / n for a [n x p], b [n x q] */
static void product(double *a, double *b, size_t n, size_t p, size_t q, double *to) {
  tn_view left = tn_matrix(a, TN_F64, (int64_t)n, (int64_t)p);
  tn_view right = tn_matrix(b, TN_F64, (int64_t)n, (int64_t)q);
  tn_view out = tn_matrix(to, TN_F64, (int64_t)p, (int64_t)q);
  tn_gemm(1.0 / (double)n, tn_view_permute(left, (int[]){1, 0}), right, 0, out, 1);
}

void sbnn_cross_moment(double *x, const float *y, size_t n, size_t p, size_t q, double *yx) {
  double *yd = to_double(y, n * q);
  product(yd, x, n, q, p, yx);
  free(yd);
}

void sbnn_moments_make(const sbnn_linear_data *d, sbnn_moments *m) {
  const size_t n = d->n, p = d->p, q = d->q;
  double *xd = to_double(d->x, n * p);
  *m = (sbnn_moments){n, p, q, sbnn_alloc(p * p, sizeof(double)), sbnn_alloc(q * p, sizeof(double)), 0};
  product(xd, xd, n, p, p, m->xx);
  sbnn_cross_moment(xd, d->y, n, p, q, m->yx);
  for (size_t i = 0; i < n * q; i++) m->yy += (double)d->y[i] * d->y[i] / (double)n;
  free(xd);
}

void sbnn_moments_free(sbnn_moments *m) {
  free(m->xx);
  free(m->yx);
  *m = (sbnn_moments){0};
}

double sbnn_linear_r2(const sbnn_linear_data *d, const size_t *genes, size_t n_genes, const double *b) {
  double errors = 0, squares = 0, *row = sbnn_alloc(n_genes, sizeof *row);
  for (size_t i = 0; i < d->n; i++) {
    for (size_t k = 0; k < n_genes; k++) row[k] = d->x[i * d->p + genes[k]];
    for (size_t c = 0; c < d->q; c++) {
      double truth = d->y[i * d->q + c], f = 0;
      for (size_t k = 0; k < n_genes; k++) f += row[k] * b[c * n_genes + k];
      errors += (truth - f) * (truth - f);
      squares += truth * truth;
    }
  }
  free(row);
  return d->n ? 1 - errors / squares : NAN;
}
