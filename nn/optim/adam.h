/* adam.h - Adam and AdamW. */
#ifndef NABLA_NN_OPTIM_ADAM_H
#define NABLA_NN_OPTIM_ADAM_H

#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/* p -= lr sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon): epsilon is placed as in Keras (Kingma
 * & Ba 2015, end of section 2); with torch_epsilon as in PyTorch, where it is added to the root of the
 * corrected v. weight_decay is decoupled (AdamW). */
typedef struct nn_adam_options {
  double lr;
  double beta1, beta2, epsilon; /* 0 means 0.9, 0.999, 1e-7 */
  double weight_decay;
  bool torch_epsilon;
  bool amsgrad; /* divides by the largest v so far (Reddi et al. 2018) */
} nn_adam_options;
void nn_adam(nn_model *m, ag_ref loss, const nn_adam_options *o);
nn_optimizer nn_adam_rule(const nn_adam_options *o); /* keeps o: call nn_update while o lives */

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_OPTIMIZER /* the row of the table */
NN_OPTIMIZER(adam)
#endif
