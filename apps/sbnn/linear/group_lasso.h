/* group_lasso.h - multi-response group lasso. Over coefficients W, a row W_j for each gene, minimises
 *
 *     1/(2n) |T - X W|^2 + lambda sum_j |W_j|
 *
 * without intercept and without standardisation: what glmnet's family "mgaussian" solves with intercept =
 * FALSE, standardize = FALSE. Block coordinate descent on the moments X'X/n and X'T/n over an active set of
 * genes; a block's minimum is exact, because a gene is one column. Source: Simon, Friedman and Hastie, A
 * blockwise descent algorithm for group-penalized multiresponse and multinomial regression, 2013. */
#ifndef SBNN_LINEAR_GROUP_LASSO_H
#define SBNN_LINEAR_GROUP_LASSO_H

#include <stdbool.h>
#include <stddef.h>

/* All borrowed; p genes, r targets. Coefficients and moments lie target by target: [r x p]. */
typedef struct sbnn_group_lasso {
  size_t p, r;
  const double *xx; /* [p x p] X'X / n */
  const double *tx; /* [r x p] T'X / n */
  double tolerance; /* done when no coefficient moves by more than this part of the largest; 0 = 1e-10 */
  int most_sweeps;  /* over the active set; 0 = 100000 */
} sbnn_group_lasso;

/* w [r x p]: the start (zeros, or the solution for another lambda or T) becomes the solution. Returns false
 * if the sweeps ran out before the tolerance was met. lambda > 0. Any thread. */
bool sbnn_group_lasso_solve(const sbnn_group_lasso *problem, double lambda, double *w);

/* The lowest lambda at which all coefficients are 0: the largest |X_j'T| / n. */
double sbnn_group_lasso_highest(const sbnn_group_lasso *problem);

#endif
