/* rmsprop.h - RMSprop. */
#ifndef NABLA_NN_OPTIM_RMSPROP_H
#define NABLA_NN_OPTIM_RMSPROP_H

#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/* v = rho * v + (1 - rho) * gradient^2; p -= lr * gradient / (sqrt(v) + epsilon). centered: v is taken about the
 * running mean of the gradient. momentum: p -= lr * velocity, velocity = momentum * velocity + the quotient. */
typedef struct nn_rmsprop_options {
  double lr;
  double rho, epsilon; /* 0 means 0.9, 1e-7 */
  double momentum;
  bool centered;
} nn_rmsprop_options;
void nn_rmsprop(nn_model *m, ag_ref loss, const nn_rmsprop_options *o);
nn_optimizer nn_rmsprop_rule(const nn_rmsprop_options *o); /* keeps o: call nn_update while o lives */

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_OPTIMIZER /* the row of the table */
NN_OPTIMIZER(rmsprop)
#endif
