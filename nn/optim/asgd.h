/* asgd.h - Averaged stochastic gradient descent. */
#ifndef NABLA_NN_OPTIM_ASGD_H
#define NABLA_NN_OPTIM_ASGD_H

#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/* eta = lr / (1 + lambda lr (step - 1))^alpha; p = p (1 - lambda eta) - eta gradient. The average over the steps
 * after t0 is the slot "asgd/average/<parameter>". Polyak & Juditsky 1992, as in PyTorch. */
typedef struct nn_asgd_options {
  double lr;
  double lambda, alpha, t0; /* 0 means 1e-4, 0.75, 1e6 */
} nn_asgd_options;
void nn_asgd(nn_model *m, ag_ref loss, const nn_asgd_options *o);
nn_optimizer nn_asgd_rule(const nn_asgd_options *o); /* keeps o: call nn_update while o lives */

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_OPTIMIZER /* the row of the table */
NN_OPTIMIZER(asgd)
#endif
