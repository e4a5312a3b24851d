/* newton.h - Newton's method with Hessian products. */
#ifndef NABLA_NN_SOLVE_NEWTON_H
#define NABLA_NN_SOLVE_NEWTON_H

#include "solve.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A scalar function by Newton steps in a trust region, each found by conjugate gradients from products of the Hessian
 * with a vector (ag_hvp; the matrix is never made), which leave along directions of negative curvature. Steihaug
 * 1983; Nocedal & Wright 2006, algorithms 4.1 and 7.2. Hessian products count as evaluations. */
TN_MUST_CHECK tn_status nn_newton_cg(ag_function *f, const void *ctx, const tn_view *x, int n,
                                     const nn_solve_options *options, nn_solve_result *result);

#ifdef __cplusplus
}
#endif
#endif
