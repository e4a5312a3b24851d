/* principal.h - the leading principal components of a table. */
#ifndef SBNN_LINEAR_PRINCIPAL_H
#define SBNN_LINEAR_PRINCIPAL_H

#include <stddef.h>

typedef struct sbnn_float_rows { /* [n x d], row-major; borrowed */
  const float *x;
  size_t n, d;
} sbnn_float_rows;

/* scores [n x k]: the n rows on the first k principal components, k <= min(n, d);
 * variance[k] (may be NULL): mean square of each column of scores, descending. Columns are centred here.
 * The sign of a component makes its longest coefficient positive (of x's columns, or where d > n of its
 * rows). By Lanczos' method with full reorthogonalisation on the smaller of X'X and XX', until no residual
 * exceeds 1e-9 of the largest eigenvalue: a few hundred products with a matrix for 40 of 1000 components,
 * where a full decomposition would cost a hundred times as much. The bits do not depend on `threads`. Takes
 * min(n, d)^2 + n d doubles while it works. */
void sbnn_principal(sbnn_float_rows table, size_t k, int threads, double *scores, double *variance);

#endif
