/* reduction.h - from the terms of a loss to its value. */
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
  ag_ref
      weights; /* factors on the terms, of the shape of their first axes ([batch]: sample weights); id 0 = none */
} nn_loss_options;

/* What a loss makes of its terms; o NULL: their mean. Weights do not change what the mean divides by: the number
 * of terms, as in Keras and in PyTorch's BCELoss. `who` begins the messages. */
ag_ref nn_reduce(nn_model *m, const char *who, ag_ref terms, const nn_loss_options *o);

#ifdef __cplusplus
}
#endif
#endif
