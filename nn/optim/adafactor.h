/* adafactor.h - Adafactor. */
#ifndef NABLA_NN_OPTIM_ADAFACTOR_H
#define NABLA_NN_OPTIM_ADAFACTOR_H

#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Adam without momentum. The second moments of a matrix are stored as one mean per row and one per column. The step is
 * relative to the parameter's size: rate = max(epsilon2, rms(p)) min(lr, 1 / sqrt(step)); the update
 * u = gradient / sqrt(v) is divided by max(1, rms(u) / clip). v's decay is 1 - step^beta2_decay. weight_decay is
 * decoupled, by lr. Shazeer & Stern 2018, as in PyTorch. */
typedef struct nn_adafactor_options {
  double lr;
  double beta2_decay;        /* 0 means -0.8 */
  double epsilon1, epsilon2; /* 0 = the type's epsilon, 1e-3 */
  double clip, weight_decay; /* clip: 0 = 1 */
} nn_adafactor_options;
void nn_adafactor(nn_model *m, ag_ref loss, const nn_adafactor_options *o);
nn_optimizer nn_adafactor_rule(const nn_adafactor_options *o); /* keeps o: call nn_update while o lives */

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_OPTIMIZER /* the row of the table */
NN_OPTIMIZER(adafactor)
#endif
