/* adabelief.h - AdaBelief. */
#ifndef NABLA_NN_OPTIM_ADABELIEF_H
#define NABLA_NN_OPTIM_ADABELIEF_H

#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Adam with the mean square of (gradient - m) in place of that of the gradient: s = beta2 s + (1 -
 * beta2) (gradient - m)^2 + epsilon; p -= lr / c1 m / (sqrt(s / c2) + epsilon). weight_decay is decoupled, as in AdamW.
 * Zhuang et al. 2020, algorithm 2. */
typedef struct nn_adabelief_options {
  double lr;
  double beta1, beta2, epsilon; /* 0 means 0.9, 0.999, 1e-16 */
  double weight_decay;
} nn_adabelief_options;
void nn_adabelief(nn_model *m, ag_ref loss, const nn_adabelief_options *o);
nn_optimizer nn_adabelief_rule(const nn_adabelief_options *o); /* keeps o: call nn_update while o lives */

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_OPTIMIZER /* the row of the table */
NN_OPTIMIZER(adabelief)
#endif
