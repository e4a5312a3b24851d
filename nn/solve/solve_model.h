/* solve_model.h - the minimizers of solve/ on the parameters of a model and its data. */
#ifndef NABLA_NN_SOLVE_SOLVE_MODEL_H
#define NABLA_NN_SOLVE_SOLVE_MODEL_H

#include "../data/data.h"
#include "../model/network.h"
#include "../model/state.h"
#include "solve.h"

#ifdef __cplusplus
extern "C" {
#endif

/* nn_lbfgs, nn_newton_cg, nn_least_squares, or a function of your own. */
typedef tn_status nn_solver(ag_function *f, const void *ctx, const tn_view *x, int n,
                            const nn_solve_options *options, nn_solve_result *result);

typedef struct nn_solve_job {
  nn_model *model;
  nn_state *state; /* its parameters are the start, and receive the solution */
  const nn_data *data;
  nn_split rows; /* all at once; no batches */
  /* What is minimized: a report, which is a scalar; for nn_least_squares an output, whose elements are the residuals. NULL = the
   * first report. A report goes before an output of the same name. */
  const char *what;
  const char
      *parameters; /* a glob: the parameters to solve for; NULL = all that are not frozen. Others do not
                    * change */
} nn_solve_job;

/* Minimizes a report or output of the network over its parameters, in NN_EVAL (no dropout, fixed running
 * means). The solver sees each parameter as one f64 view, in the order of the state; a model of f32 is
 * computed in f32. An optimizer in the network is ignored; its slots do not change. The data are copied into
 * the plan as constants. The parameters are written for any status of the solver, as solve.h says. Further
 * errors: TN_EINVAL, no such report, output, parameter or column; TN_ESHAPE, TN_ETYPE, a column that does not
 * fit; TN_ENOMEM. result->message has the sentence; result may be NULL.
 *
 *     status = nn_solve_model(nn_least_squares, &(nn_solve_job){m, s, data, .what = "residuals"}, NULL, &result); */
TN_MUST_CHECK tn_status nn_solve_model(nn_solver *solver, const nn_solve_job *job,
                                       const nn_solve_options *options, nn_solve_result *result);

#ifdef __cplusplus
}
#endif
#endif
