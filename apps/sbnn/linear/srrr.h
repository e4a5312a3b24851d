/* srrr.h - sparse reduced-rank regression: minimises over W [genes x r] and orthonormal V [responses x r]
 *
 *     1/(2n) |Y - X W V'|^2 + lambda sum_j |W_j|          (W_j: the row of gene j)
 *
 * by turns: a group lasso of Y V on X for W, a Procrustes step for V, from V = the leading right singular
 * vectors of X'Y. The relaxed fit is a ridge reduced-rank regression on the chosen genes with the same
 * lambda. Sources: Chen and Huang 2012; Kobak et al. 2021; the paper. */
#ifndef SBNN_LINEAR_SRRR_H
#define SBNN_LINEAR_SRRR_H

#include "linear/moments.h"
#include "sbnn.h"

#include <stdbool.h>

/* Fits of one rank, one after the other: holds the start of V and the last W, from which the next starts. */
typedef struct sbnn_srrr sbnn_srrr;

/* 1 <= rank <= responses. The moments are borrowed until free. One thread at a time. */
sbnn_srrr *sbnn_srrr_new(const sbnn_moments *m, size_t rank);
void sbnn_srrr_free(sbnn_srrr *s);

/* Owns its arrays; sbnn_srrr_fit_free. Coefficients are B' of Y = X_G B, [responses x n_genes]. */
typedef struct sbnn_srrr_fit {
  double lambda;
  size_t n_genes;
  size_t *genes;   /* ascending columns of X */
  double *norms;   /* [n_genes] |W_j| */
  double *b;       /* V W' */
  double *relaxed; /* refitted */
  int rounds;      /* of W and V */
} sbnn_srrr_fit;

/* The fit depends on where W starts only within the solver's tolerance: descending lambdas are fastest.
 * lambda > 0. SBNN_NUMERICAL when the group lasso does not converge. */
int sbnn_srrr_solve(sbnn_srrr *s, double lambda, sbnn_srrr_fit *fit, sbnn_error *e);
void sbnn_srrr_fit_free(sbnn_srrr_fit *fit); /* leaves *fit all zero */

/* The fit with as many genes as asked, by bisection of lambda; where no lambda tried gives that number, the
 * next larger one, and if there is none the largest. */
int sbnn_srrr_solve_genes(sbnn_srrr *s, size_t genes, sbnn_srrr_fit *fit, sbnn_error *e);

#endif
