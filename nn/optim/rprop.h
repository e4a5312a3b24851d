/* rprop.h - Rprop. */
#ifndef NABLA_NN_OPTIM_RPROP_H
#define NABLA_NN_OPTIM_RPROP_H

#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Uses the sign of the gradient only. Each element has its own step, lr at first. The step is multiplied by `grow` while the
 * sign stays, and by `shrink` when it changes; the element then skips one update. For full batches. Riedmiller & Braun
 * 1993. */
typedef struct nn_rprop_options {
  double lr;
  double shrink, grow;      /* 0 means 0.5, 1.2 */
  double smallest, largest; /* 0 = 1e-6, 50 */
} nn_rprop_options;
void nn_rprop(nn_model *m, ag_ref loss, const nn_rprop_options *o);
nn_optimizer nn_rprop_rule(const nn_rprop_options *o); /* keeps o: call nn_update while o lives */

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_OPTIMIZER /* the row of the table */
NN_OPTIMIZER(rprop)
#endif
