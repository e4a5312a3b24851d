/* sgd.h - stochastic gradient descent. */
#ifndef NABLA_NN_OPTIM_SGD_H
#define NABLA_NN_OPTIM_SGD_H

#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/* velocity = momentum * velocity + gradient; p -= lr * velocity, with nesterov lr * (gradient + momentum *
 * velocity). */
typedef struct nn_sgd_options {
  double lr, momentum, dampening; /* velocity += (1 - dampening) gradient, after the first step */
  bool nesterov;
} nn_sgd_options;
void nn_sgd(nn_model *m, ag_ref loss, const nn_sgd_options *o);
nn_optimizer nn_sgd_rule(const nn_sgd_options *o); /* keeps o: call nn_update while o lives */

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_OPTIMIZER /* the row of the table */
NN_OPTIMIZER(sgd)
#endif
