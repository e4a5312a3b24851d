/* least_squares.h - Levenberg-Marquardt. */
#ifndef NABLA_NN_SOLVE_LEAST_SQUARES_H
#define NABLA_NN_SOLVE_LEAST_SQUARES_H

#include "solve.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Minimizes half the sum of squares of f's value (m residuals, of any shape) by Levenberg-Marquardt. Each damped linear problem
 * is solved by QR with scaled columns; the damping follows Nielsen 1999. The Jacobian [m, parameters] is dense; it takes one
 * forward derivative (ag_jvp) per parameter. Moré 1978; Madsen, Nielsen & Tingleff 2004. */
TN_MUST_CHECK tn_status nn_least_squares(ag_function *f, const void *ctx, const tn_view *x, int n,
                                         const nn_solve_options *options, nn_solve_result *result);

#ifdef __cplusplus
}
#endif
#endif
