/* adagrad.h - Adagrad. */
#ifndef NABLA_NN_OPTIM_ADAGRAD_H
#define NABLA_NN_OPTIM_ADAGRAD_H

#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/* v += gradient^2; p -= lr / (1 + (step - 1) lr_decay) * gradient / (sqrt(v) + epsilon), v starts at
 * `initial`. Duchi, Hazan & Singer 2011. */
typedef struct nn_adagrad_options {
  double lr;
  double epsilon; /* 0 means 1e-10 */
  double lr_decay, initial;
} nn_adagrad_options;
void nn_adagrad(nn_model *m, ag_ref loss, const nn_adagrad_options *o);
nn_optimizer nn_adagrad_rule(const nn_adagrad_options *o); /* keeps o: call nn_update while o lives */

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_OPTIMIZER /* the row of the table */
NN_OPTIMIZER(adagrad)
#endif
