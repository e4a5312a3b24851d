/* overlap.h - overlaps of predicted and true regions. */
#ifndef NABLA_NN_LOSSES_OVERLAP_H
#define NABLA_NN_LOSSES_OVERLAP_H

#include "reduction.h"

#ifdef __cplusplus
extern "C" {
#endif

/* From probabilities p and targets of one shape, [batch, ...]: 1 - (2 sum p y + smooth) / (sum p + sum y + smooth), sums
 * over an example; terms [batch]. Milletari, Navab & Ahmadi 2016. */
ag_ref nn_dice(nn_model *m, ag_ref p, ag_ref target, double smooth, const nn_loss_options *o);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LOSS /* the row of the table */
NN_LOSS(dice)
#endif
