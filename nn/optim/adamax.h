/* adamax.h - Adamax. */
#ifndef NABLA_NN_OPTIM_ADAMAX_H
#define NABLA_NN_OPTIM_ADAMAX_H

#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/* m = beta1 m + (1 - beta1) gradient; u = max(beta2 u, |gradient| + epsilon); p -= lr / (1 - beta1^step) m / u.
 * Kingma & Ba 2015, section 7.1. */
typedef struct nn_adamax_options {
  double lr;
  double beta1, beta2, epsilon; /* 0 means 0.9, 0.999, 1e-8 */
} nn_adamax_options;
void nn_adamax(nn_model *m, ag_ref loss, const nn_adamax_options *o);
nn_optimizer nn_adamax_rule(const nn_adamax_options *o); /* keeps o: call nn_update while o lives */

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_OPTIMIZER /* the row of the table */
NN_OPTIMIZER(adamax)
#endif
