/* solve.h - minimizers that call a compiled function and its derivatives: for few parameters, all data at once, and minima to
 * many digits.
 *
 *     static ag_ref residuals(ag_graph *g, const ag_ref *b, int n, const void *ctx) { ... }   // [rows]
 *     double b[2] = {500, 1e-4};
 *     status = nn_least_squares(residuals, &data, &(tn_view){... b ...}, 1, NULL, &result);
 *
 * The function is called once and builds a graph. Its parameters x[0..n) are f64 and have the shapes of the views. It takes
 * its data from ctx, as constants (ag_constant). The views are contiguous; they hold the starting point and receive the best
 * point found, whatever the status. All memory is allocated before the first iteration.
 *
 * Status: TN_OK, converged; TN_ESTOPPED, max_iterations reached; TN_ENUMERIC, no finite value at the start; TN_ESHAPE,
 * TN_ETYPE or TN_EINVAL, wrong arguments or a graph that failed; TN_ENOMEM. result->message has the sentence. */
#ifndef NABLA_NN_SOLVE_SOLVE_H
#define NABLA_NN_SOLVE_SOLVE_H

#include "../../autograd/autograd.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_solve_options {
  int max_iterations; /* 0 = 200 */
  /* Converged when no gradient element is larger than gradient_tolerance, or when a step lowers the value by less than
   * change_tolerance times the value. */
  double gradient_tolerance; /* 0 = 1e-10 */
  double change_tolerance;   /* 0 = 1e-15 */
  int history;               /* nn_lbfgs: number of stored pairs; 0 = 10 */
  int threads;               /* inside an op; 0 = 1 */
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
