/* nadam.h - NAdam. */
#ifndef NABLA_NN_OPTIM_NADAM_H
#define NABLA_NN_OPTIM_NADAM_H

#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Adam with Nesterov's look ahead: mu = beta1 (1 - 0.96^(step momentum_decay) / 2), the momentum of this step,
 * which grows towards beta1. weight_decay is decoupled, as in AdamW. Dozat 2016, with PyTorch's place of epsilon. */
typedef struct nn_nadam_options {
  double lr;
  double beta1, beta2, epsilon; /* 0 means 0.9, 0.999, 1e-8 */
  double momentum_decay;        /* 0 = 0.004 */
  double weight_decay;
} nn_nadam_options;
void nn_nadam(nn_model *m, ag_ref loss, const nn_nadam_options *o);
nn_optimizer nn_nadam_rule(const nn_nadam_options *o); /* keeps o: call nn_update while o lives */

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_OPTIMIZER /* the row of the table */
NN_OPTIMIZER(nadam)
#endif
