/* rmsprop.h - RMSprop. */
#ifndef NABLA_NN_OPTIM_RMSPROP_H
#define NABLA_NN_OPTIM_RMSPROP_H

#include "minimize.h"

#ifdef __cplusplus
extern "C" {
#endif

/* v = rho * v + (1 - rho) * gradient^2; p -= lr * gradient / (sqrt(v) + epsilon) */
typedef struct nn_rmsprop_options {
  double lr, rho, epsilon; /* 0 = 0.9, 1e-7 */
} nn_rmsprop_options;
void nn_rmsprop(nn_model *m, ag_ref loss, const nn_rmsprop_options *o);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_OPTIMIZER /* the row of the table */
NN_OPTIMIZER(rmsprop)
#endif
