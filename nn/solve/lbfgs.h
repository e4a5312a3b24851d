/* lbfgs.h - limited-memory BFGS. */
#ifndef NABLA_NN_SOLVE_LBFGS_H
#define NABLA_NN_SOLVE_LBFGS_H

#include "solve.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Minimizes a scalar function by L-BFGS. The line search meets the strong Wolfe conditions (1e-4, 0.9). One evaluation
 * computes the value and its gradient. Nocedal & Wright 2006, algorithms 7.4, 7.5, 3.5 and 3.6. */
TN_MUST_CHECK tn_status nn_lbfgs(ag_function *f, const void *ctx, const tn_view *x, int n,
                                 const nn_solve_options *options, nn_solve_result *result);

#ifdef __cplusplus
}
#endif
#endif
