/* adadelta.h - Adadelta. */
#ifndef NABLA_NN_OPTIM_ADADELTA_H
#define NABLA_NN_OPTIM_ADADELTA_H

#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/* v = rho v + (1 - rho) gradient^2; change = sqrt(u + epsilon) / sqrt(v + epsilon) * gradient; u = rho u + (1 -
 * rho) change^2; p -= lr change. Zeiler 2012. */
typedef struct nn_adadelta_options {
  double lr;           /* 1 in the paper */
  double rho, epsilon; /* 0 = 0.9, 1e-6 */
} nn_adadelta_options;
void nn_adadelta(nn_model *m, ag_ref loss, const nn_adadelta_options *o);
nn_optimizer nn_adadelta_rule(const nn_adadelta_options *o); /* keeps o: call nn_update while o lives */

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_OPTIMIZER /* the row of the table */
NN_OPTIMIZER(adadelta)
#endif
