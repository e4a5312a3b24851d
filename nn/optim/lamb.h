/* lamb.h - LAMB. */
#ifndef NABLA_NN_OPTIM_LAMB_H
#define NABLA_NN_OPTIM_LAMB_H

#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Adam's direction d (weight_decay p added), scaled for each parameter so that its length is that of the
 * parameter: p -= lr |p| / |d| d, with 1 in place of the quotient where one of the two is 0. You et al. 2020. */
typedef struct nn_lamb_options {
  double lr, beta1, beta2, epsilon; /* 0 = 0.9, 0.999, 1e-6 */
  double weight_decay;
} nn_lamb_options;
void nn_lamb(nn_model *m, ag_ref loss, const nn_lamb_options *o);
nn_optimizer nn_lamb_rule(const nn_lamb_options *o); /* for nn_update, which must return before o ends */

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_OPTIMIZER /* the row of the table */
NN_OPTIMIZER(lamb)
#endif
