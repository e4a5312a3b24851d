/* linear.h - products over any axes, and linear algebra: the compositions of compose/einsum.c, compose/products.c,
 * compose/triangles.c and compose/algebra.c; part of autograd.h, which includes it. Leading axes are a batch
 * everywhere: the last two are a matrix. */
#ifndef NABLA_AG_LINEAR_H
#define NABLA_AG_LINEAR_H

/* ---- products ---- */

/* einsum as in NumPy and PyTorch. `equation` has a letter for each axis of each operand, operands separated
 * by commas, then "->" and the letters of the result. Letters that the result lacks are summed over. A letter
 * twice in one operand takes its diagonal. "..." stands for leading axes, which broadcast. Without "->" the
 * result has the letters that occur once, in alphabetical order, after "...". An axis of extent 1 broadcasts.
 * Products are taken from left to right, each as one batched matrix product. */
ag_ref ag_einsum(ag_graph *g, const char *equation, const ag_ref *operands, int n);

/* Sums over the pairs of axes axes_a[i] of a and axes_b[i] of b, i < n (negative: from the end). The result
 * has the other axes of a, then those of b. */
ag_ref ag_tensordot(ag_graph *g, ag_ref a, ag_ref b, const int *axes_a, const int *axes_b, int n);
ag_ref ag_outer(ag_graph *g, ag_ref a, ag_ref b); /* all products: a's shape, then b's */
ag_ref ag_inner(ag_graph *g, ag_ref a, ag_ref b); /* over the last axis of both (NumPy's inner) */
ag_ref ag_vdot(ag_graph *g, ag_ref a, ag_ref b);  /* over all axes: rank 0; equal shapes */
ag_ref ag_batch_dot(ag_graph *g, ag_ref a,
                    ag_ref b); /* over the last axis, the others together: [..., n] -> [...] */
ag_ref ag_matvec(ag_graph *g, ag_ref a, ag_ref x); /* [..., m, n] [..., n] -> [..., m] */
ag_ref ag_kron(ag_graph *g, ag_ref a, ag_ref b);   /* equal ranks, at most 4 */
/* sum over i, j of x[..., i] w[o, i, j] y[..., j]: [..., o]. */
ag_ref ag_bilinear(ag_graph *g, ag_ref x, ag_ref w, ag_ref y);

/* ---- diagonals and triangles ---- */

ag_ref ag_lower_triangle(ag_graph *g, ag_ref x, int64_t k); /* 0 above the k-th diagonal (tril) */
ag_ref ag_upper_triangle(ag_graph *g, ag_ref x, int64_t k); /* 0 below the k-th diagonal (triu) */
/* Elements [..., i, ..., i + k, ...] of two axes. Both axes are dropped; the diagonal is the last axis of the
 * result. */
ag_ref ag_diagonal(ag_graph *g, ag_ref x, int64_t k, int axis1, int axis2);
ag_ref ag_diagonal_matrix(ag_graph *g, ag_ref x); /* [..., n] -> [..., n, n], 0 off the diagonal */
ag_ref ag_trace(ag_graph *g, ag_ref x);           /* [..., n, m] -> [...] */

/* ---- linear algebra: [..., n, n] or [..., m, n], f32 or f64 ----
 * A matrix that has no result (not positive definite, singular) makes the step fail: ag_run_step returns
 * TN_ENUMERIC, and ag_run_error names op, matrix and row. Derivatives exist to any order. */

enum {                          /* flags of ag_triangular_solve */
       AG_SOLVE_UPPER = 1,      /* the upper triangle is read, else the lower */
       AG_SOLVE_TRANSPOSED = 2, /* with a' */
       AG_SOLVE_UNIT = 4,       /* the diagonal is 1 and not read */
       AG_SOLVE_RIGHT = 8,      /* x a = b, else a x = b */
       AG_SOLVE_ALL = 15
};

/* a is symmetric positive definite; only its symmetric part is used. */
ag_ref ag_solve_spd(ag_graph *g, ag_ref a, ag_ref b); /* x of a x = b, b [..., n, k] */
ag_ref ag_inverse_spd(ag_graph *g, ag_ref a);
ag_ref ag_logdet_spd(ag_graph *g, ag_ref a);               /* [...] */
ag_ref ag_cholesky_solve(ag_graph *g, ag_ref l, ag_ref b); /* solves l l' x = b, to use a factor more than
                                                            * once */

/* General square a, by LU with partial pivoting; b is [..., n, k], or [n] if a is one matrix. */
ag_ref ag_solve(ag_graph *g, ag_ref a, ag_ref b);
ag_ref ag_inverse(ag_graph *g, ag_ref a);
ag_ref ag_det(ag_graph *g, ag_ref a); /* [...]; 0 has no derivative */
/* log |det a| and the sign of det a (-1, 0, 1; derivative 0), both [...]. */
void ag_slogdet(ag_graph *g, ag_ref a, ag_ref *sign, ag_ref *log_det);
/* a = P L U: P a permutation matrix, L unit lower, U upper triangular. */
void ag_lu(ag_graph *g, ag_ref a, ag_ref *p, ag_ref *l, ag_ref *u);

/* a = Q R: [..., m, k] and [..., k, n], k the smaller of m and n; signs as LAPACK's. */
void ag_qr(ag_graph *g, ag_ref a, ag_ref *q, ag_ref *r);
/* The x [..., n, k] that minimises |a x - b|, for a [..., m, n] of full rank, m >= n; by QR. */
ag_ref ag_lstsq(ag_graph *g, ag_ref a, ag_ref b);
/* Eigenvalues [..., n], ascending, and eigenvectors as columns [..., n, n] of the symmetric part of a. */
void ag_eigh(ag_graph *g, ag_ref a, ag_ref *values, ag_ref *vectors);
ag_ref ag_matrix_power(ag_graph *g, ag_ref a, int n); /* n < 0: of the inverse */

/* ---- discrete Fourier transforms: complex numbers are a last axis of extent 2 ----
 * y[k] = sum over j of x[j] e^(-2 pi i j k / n) along the last axis (before the pairs); no prime factor of n above 8192.
 */
ag_ref ag_rfft(ag_graph *g, ag_ref x);             /* [..., n] -> [..., n / 2 + 1, 2] */
ag_ref ag_irfft(ag_graph *g, ag_ref y, int64_t n); /* its inverse: [..., n / 2 + 1, 2] -> [..., n] */
ag_ref ag_fft(ag_graph *g, ag_ref x);              /* [..., n, 2] -> [..., n, 2] */
ag_ref ag_ifft(ag_graph *g, ag_ref x);             /* its inverse */

#endif
