/* radam.h - RAdam. */
#ifndef NABLA_NN_OPTIM_RADAM_H
#define NABLA_NN_OPTIM_RADAM_H

#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Adam with a rectified step: while rho, the number of steps that the average of squares covers, is at most 5, the step
 * uses the momentum alone, without dividing by the root of v. weight_decay is decoupled, as in AdamW. Liu et al. 2020. */
typedef struct nn_radam_options {
  double lr;
  double beta1, beta2, epsilon; /* 0 means 0.9, 0.999, 1e-8 */
  double weight_decay;
} nn_radam_options;
void nn_radam(nn_model *m, ag_ref loss, const nn_radam_options *o);
nn_optimizer nn_radam_rule(const nn_radam_options *o); /* keeps o: call nn_update while o lives */

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_OPTIMIZER /* the row of the table */
NN_OPTIMIZER(radam)
#endif
