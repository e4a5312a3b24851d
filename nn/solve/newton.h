/* newton.h - Newton's method with Hessian products. */
#ifndef NABLA_NN_SOLVE_NEWTON_H
#define NABLA_NN_SOLVE_NEWTON_H

#include "solve.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Minimizes a scalar function by a trust-region Newton method. Conjugate gradients find each step from Hessian-vector products
 * (ag_hvp); the Hessian is never formed. A direction of negative curvature is followed to the edge of the region. Each
 * Hessian-vector product counts as one evaluation. Steihaug 1983; Nocedal & Wright 2006, algorithms 4.1 and 7.2. */
TN_MUST_CHECK tn_status nn_newton_cg(ag_function *f, const void *ctx, const tn_view *x, int n,
                                     const nn_solve_options *options, nn_solve_result *result);

#ifdef __cplusplus
}
#endif
#endif
