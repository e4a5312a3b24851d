/* rprop.h - Rprop. */
#ifndef NABLA_NN_OPTIM_RPROP_H
#define NABLA_NN_OPTIM_RPROP_H

#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Signs only: each element has a step of its own, lr at first, which grows by `grow` while the sign stays and
 * shrinks by `shrink` when it changes; then the element rests for a step. For whole batches. Riedmiller & Braun
 * 1993. */
typedef struct nn_rprop_options {
  double lr, shrink, grow;  /* 0 = 0.5, 1.2 */
  double smallest, largest; /* 0 = 1e-6, 50 */
} nn_rprop_options;
void nn_rprop(nn_model *m, ag_ref loss, const nn_rprop_options *o);
nn_optimizer nn_rprop_rule(const nn_rprop_options *o); /* for nn_update, which must return before o ends */

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_OPTIMIZER /* the row of the table */
NN_OPTIMIZER(rprop)
#endif
