/* reduction.h - reduces the terms of a loss to its value. */
#ifndef NABLA_NN_LOSSES_REDUCTION_H
#define NABLA_NN_LOSSES_REDUCTION_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum nn_reduction {
  NN_MEAN, /* over all terms */
  NN_SUM,
  NN_NONE,      /* the terms themselves */
  NN_BATCH_MEAN /* the sum over the extent of axis 0 */
} nn_reduction;

typedef struct nn_loss_options {
  nn_reduction reduction;
  /* Factors on the terms. Their shape is that of the terms' first axes; [batch]: sample weights. id 0 = none. */
  ag_ref weights;
} nn_loss_options;

/* Reduces the terms of a loss; o NULL: their mean. The mean divides by the number of terms, whatever the weights, as in Keras
 * and in PyTorch's BCELoss. Messages begin with `who`. */
ag_ref nn_reduce(nn_model *m, const char *who, ag_ref terms, const nn_loss_options *o);

#ifdef __cplusplus
}
#endif
#endif
