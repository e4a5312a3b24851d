/* moments.h - second moments of genes and responses, all that the linear models need to know of the cells. */
#ifndef SBNN_LINEAR_MOMENTS_H
#define SBNN_LINEAR_MOMENTS_H

#include <stddef.h>

/* Genes and responses of the same cells, row-major; borrowed. */
typedef struct sbnn_linear_data {
  const float *x, *y; /* [n x p], [n x q] */
  size_t n, p, q;     /* cells, genes, responses */
} sbnn_linear_data;

/* Owns its arrays; sbnn_moments_free. Read-only once made. */
typedef struct sbnn_moments {
  size_t n, p, q; /* cells, genes, responses */
  double *xx;     /* [p x p] X'X / n */
  double *yx;     /* [q x p] Y'X / n */
  double yy;      /* |Y|^2 / n */
} sbnn_moments;

/* Columns are taken as they are, uncentred. All in f64; takes n x p
 * more doubles while it works. Threads: any number at once; each call uses one. */
void sbnn_moments_make(const sbnn_linear_data *d, sbnn_moments *m);
void sbnn_moments_free(sbnn_moments *m); /* leaves *m all zero */

/* yx [q x p] = Y'X / n of x in f64. Any thread. */
void sbnn_cross_moment(double *x, const float *y, size_t n, size_t p, size_t q, double *yx);

/* Pooled 1 - |Y - F|^2 / |Y|^2 of the linear prediction F = X_G B': the columns genes[n_genes] of
 * x, b [q x n_genes]. NaN when n is 0. */
double sbnn_linear_r2(const sbnn_linear_data *d, const size_t *genes, size_t n_genes, const double *b);

#endif
