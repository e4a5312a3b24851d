/* svd.h - singular values of small matrices: one-sided Jacobi (Hestenes 1958), accurate to the last digits of
 * even the small singular values. For matrices of which one side is a number of responses. */
#ifndef SBNN_LINEAR_SVD_H
#define SBNN_LINEAR_SVD_H

#include <stddef.h>

/* A [m x n] = sum_i s_i u_i v_i'. `columns` [n x m]: on entry the columns of A, one after the other; on
 * return row i is u_i, or 0 where s_i is less than 1e-14 of the largest. s [n], descending; v [n x n]: row i
 * is v_i. The v are orthonormal whatever the rank; m < n is allowed. Any thread. */
void sbnn_svd(size_t m, size_t n, double *columns, double *s, double *v);

/* The r rows of length n become orthonormal: rows of zeros get directions orthogonal to all others. Rows that
 * are not zero must be orthonormal already; r <= n. */
void sbnn_complete_rows(size_t r, size_t n, double *rows);

#endif
