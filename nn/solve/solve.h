/* solve.h - loops of the host over a compiled value and its derivatives: for functions of few parameters, whole batches, and
 * minima to many digits.
 *
 *     static ag_ref residuals(ag_graph *g, const ag_ref *b, int n, const void *ctx) { ... }   // [rows]
 *     double b[2] = {500, 1e-4};
 *     status = nn_least_squares(residuals, &data, &(tn_view){... b ...}, 1, NULL, &result);
 *
 * The function is called once and appends graph: x[0..n) are its parameters, f64, of the shapes of the views; its data
 * it takes from ctx, as constants (ag_constant). The views hold the start, contiguous, and get the solution, which
 * is the best point seen, whatever the status. All memory is allocated before the first iteration. Status: TN_OK when
 * converged; TN_ESTOPPED: max_iterations came first; TN_ENUMERIC: the start has no finite value; TN_ESHAPE, TN_ETYPE,
 * TN_EINVAL: arguments or the function's graph; TN_ENOMEM. result->message has the sentence. */
#ifndef NABLA_NN_SOLVE_SOLVE_H
#define NABLA_NN_SOLVE_SOLVE_H

#include "../../autograd/autograd.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_solve_options {
  int max_iterations; /* 0 = 200 */
  /* Converged: the largest gradient element is at most this (0 = 1e-10), */
  double gradient_tolerance;
  double change_tolerance; /* or the value falls by a smaller share of itself than this (0 = 1e-15) */
  int history;             /* nn_lbfgs: pairs that are kept; 0 = 10 */
  int threads;             /* inside an op; 0 = 1 */
} nn_solve_options;

typedef struct nn_solve_result {
  double value;    /* at the solution; nn_least_squares: half the sum of squares */
  double gradient; /* the largest element's size there */
  int iterations, evaluations;
  char message[256];
} nn_solve_result;

#ifdef __cplusplus
}
#endif
#endif
