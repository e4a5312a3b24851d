/* factor.h - factorisations of one matrix in place, f32 or f64 (not installed). Rows of what is factored are
 * contiguous (stride[1] = 1). Blocks and orders follow from the shape alone: the same bits for any number of
 * threads. */
#ifndef NABLA_FACTOR_H
#define NABLA_FACTOR_H

#include "tensor/tensor.h"

/* The lower triangle becomes L, a = L L', the rest 0. Returns -1, or the row where a pivot is not positive. */
int64_t tn_cholesky(tn_view a, int threads);

/* b becomes the solution x of a x = b. Of a, any strides, the lower or the upper triangle is read, without the
 * diagonal if unit (it is 1). b: any strides. Returns -1, or the row whose diagonal element is 0. */
int64_t tn_solve_triangular(tn_view a, tn_view b, bool lower, bool unit, int threads);

/* a becomes L, below the diagonal and 1 on it, and U, the rows of a exchanged: row i of L U is row order[i] of a.
 * Partial pivoting. Returns the sign of the permutation. */
int tn_lu(tn_view a, tn_view order, int threads);

/* q [m, n], m >= n, becomes orthonormal, r [n, n] upper triangular, q r what q was. Householder reflections, signs as
 * LAPACK's. */
void tn_qr(tn_view q, tn_view r);

/* v, symmetric, becomes its eigenvectors as columns, the largest component of each positive; w [n] the eigenvalues,
 * ascending. room [n] is overwritten. Tridiagonal form, then implicit QL. False: no convergence. */
bool tn_eigh(tn_view v, tn_view w, tn_view room);

#endif
