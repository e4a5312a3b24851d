/* principal.h - the leading principal components of a table. */
#ifndef SBNN_LINEAR_PRINCIPAL_H
#define SBNN_LINEAR_PRINCIPAL_H

#include <stddef.h>

/* scores [n x k]: the cells of x [n x d] (row-major) on the first k principal components, k <= min(n, d);
 * variance[k] (may be NULL): mean square of each column of scores, descending. Columns of x are centred here.
 * The sign of a component makes its longest coefficient positive (of x's columns, or where d > n of its
 * rows). By Lanczos' method with full reorthogonalisation on the smaller of X'X and XX', until no residual
 * exceeds 1e-9 of the largest eigenvalue: a few hundred products with a matrix for 40 of 1000 components,
 * where a full decomposition would cost a hundred times as much. The bits do not depend on `threads`. Takes
 * min(n, d)^2 + n d doubles while it works. */
void sbnn_principal(const float *x, size_t n, size_t d, size_t k, int threads, double *scores,
                    double *variance);

#endif
