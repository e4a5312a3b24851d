/* moments.h - second moments of genes and responses, all that the linear models need to know of the cells. */
#ifndef SBNN_LINEAR_MOMENTS_H
#define SBNN_LINEAR_MOMENTS_H

#include <stddef.h>

/* Owns its arrays; sbnn_moments_free. Read-only once made. */
typedef struct sbnn_moments {
  size_t n, p, q; /* cells, genes, responses */
  double *xx;     /* [p x p] X'X / n */
  double *yx;     /* [q x p] Y'X / n */
  double yy;      /* |Y|^2 / n */
} sbnn_moments;

/* Of x [n x p] and y [n x q], row-major; columns are taken as they are, uncentred. All in f64; takes n x p
 * more doubles while it works. Threads: any number at once; each call uses one. */
void sbnn_moments_make(const float *x, const float *y, size_t n, size_t p, size_t q, sbnn_moments *m);
void sbnn_moments_free(sbnn_moments *m); /* leaves *m all zero */

/* yx [q x p] = Y'X / n of x in f64. Any thread. */
void sbnn_cross_moment(double *x, const float *y, size_t n, size_t p, size_t q, double *yx);

/* Pooled 1 - |Y - F|^2 / |Y|^2 of the linear prediction F = X_G B': x [n x p], y [n x q], the columns
 * genes[n_genes] of x, b [q x n_genes]. NaN when n is 0. */
double sbnn_linear_r2(const float *x, const float *y, size_t n, size_t p, size_t q, const size_t *genes,
                      size_t n_genes, const double *b);

#endif
