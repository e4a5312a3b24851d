/* lion.h - Lion. */
#ifndef NABLA_NN_OPTIM_LION_H
#define NABLA_NN_OPTIM_LION_H

#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/* p -= lr (sign(beta1 m + (1 - beta1) gradient) + weight_decay p); m = beta2 m + (1 - beta2) gradient. Chen et
 * al. 2023. */
typedef struct nn_lion_options {
  double lr;
  double beta1, beta2; /* 0 means 0.9, 0.99 */
  double weight_decay;
} nn_lion_options;
void nn_lion(nn_model *m, ag_ref loss, const nn_lion_options *o);
nn_optimizer nn_lion_rule(const nn_lion_options *o); /* keeps o: call nn_update while o lives */

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_OPTIMIZER /* the row of the table */
NN_OPTIMIZER(lion)
#endif
