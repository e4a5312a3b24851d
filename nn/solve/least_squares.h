/* least_squares.h - Levenberg-Marquardt. */
#ifndef NABLA_NN_SOLVE_LEAST_SQUARES_H
#define NABLA_NN_SOLVE_LEAST_SQUARES_H

#include "solve.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Half the sum of the squares of f's value, residuals of any shape, m in all, by Levenberg-Marquardt: the damped
 * linear problem is solved by QR, columns scaled, the damping follows Nielsen 1999. The Jacobian [m, parameters] is
 * dense and takes one derivative in direction (ag_jvp) for each parameter. Moré 1978; Madsen, Nielsen & Tingleff
 * 2004. */
TN_MUST_CHECK tn_status nn_least_squares(ag_function *f, const void *ctx, const tn_view *x, int n,
                                         const nn_solve_options *options, nn_solve_result *result);

#ifdef __cplusplus
}
#endif
#endif
