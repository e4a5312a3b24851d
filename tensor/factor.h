/* factor.h - factorisations of one matrix in place, f32 or f64 (not installed). Rows of the factored matrix
 * are contiguous (stride[1] = 1). Blocks and the order of operations depend on the shape alone, so bits do
 * not depend on threads. */
#ifndef NABLA_FACTOR_H
#define NABLA_FACTOR_H

#include "tensor/tensor.h"

/* Replaces a by L with a = L L'; the upper triangle becomes 0. Returns -1, or the row where a pivot is not
 * positive. */
int64_t tn_cholesky(tn_view a, int threads);

/* Replaces b by the solution x of a x = b. Reads the lower or the upper triangle of a, without the diagonal
 * if `unit` (it is 1). a and b have any strides. Returns -1, or the row whose diagonal element is 0. */
int64_t tn_solve_triangular(tn_view a, tn_view b, bool lower, bool unit, int threads);

/* Replaces a by L (below the diagonal; 1 on it) and U: row i of L U is row order[i] of a. Partial pivoting.
 * Returns the sign of the permutation. */
int tn_lu(tn_view a, tn_view order, int threads);

/* Replaces q [m, n], m >= n, by its orthonormal factor, and writes the upper triangular factor to r [n, n].
 * Householder reflections; signs as in LAPACK. */
void tn_qr(tn_view q, tn_view r);

/* Replaces the symmetric v by its eigenvectors as columns, the largest component of each positive; w [n] gets
 * the eigenvalues, ascending. room [n] is overwritten. Tridiagonal form, then implicit QL. False: no
 * convergence. */
bool tn_eigh(tn_view v, tn_view w, tn_view room);

#endif
