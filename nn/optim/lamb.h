/* lamb.h - LAMB. */
#ifndef NABLA_NN_OPTIM_LAMB_H
#define NABLA_NN_OPTIM_LAMB_H

#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Adam's direction d, plus weight_decay * p, scaled to the l2 norm of the parameter: p -= lr |p| / |d| d. The factor |p| / |d|
 * is 1 where either norm is 0. You et al. 2020. */
typedef struct nn_lamb_options {
  double lr;
  double beta1, beta2, epsilon; /* 0 means 0.9, 0.999, 1e-6 */
  double weight_decay;
} nn_lamb_options;
void nn_lamb(nn_model *m, ag_ref loss, const nn_lamb_options *o);
nn_optimizer nn_lamb_rule(const nn_lamb_options *o); /* keeps o: call nn_update while o lives */

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_OPTIMIZER /* the row of the table */
NN_OPTIMIZER(lamb)
#endif
