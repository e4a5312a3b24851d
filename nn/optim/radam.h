/* radam.h - RAdam. */
#ifndef NABLA_NN_OPTIM_RADAM_H
#define NABLA_NN_OPTIM_RADAM_H

#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Adam whose rate follows what is known of the variance: while rho, the length of the average of squares, is
 * at most 5, steps are those of the momentum alone. weight_decay is decoupled. Liu et al. 2020. */
typedef struct nn_radam_options {
  double lr, beta1, beta2, epsilon; /* 0 = 0.9, 0.999, 1e-8 */
  double weight_decay;
} nn_radam_options;
void nn_radam(nn_model *m, ag_ref loss, const nn_radam_options *o);
nn_optimizer nn_radam_rule(const nn_radam_options *o); /* for nn_update, which must return before o ends */

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_OPTIMIZER /* the row of the table */
NN_OPTIMIZER(radam)
#endif
