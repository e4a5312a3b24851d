/* softmax_cross_entropy.h - cross-entropy from logits. */
#ifndef NABLA_NN_LOSSES_SOFTMAX_CROSS_ENTROPY_H
#define NABLA_NN_LOSSES_SOFTMAX_CROSS_ENTROPY_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* In nats: the mean over the rows of -sum labels log softmax(logits), a scalar. labels: one-hot or
 * probabilities, [..., classes] as the logits. */
ag_ref nn_softmax_cross_entropy(nn_model *m, ag_ref logits, ag_ref labels);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LOSS /* the row of the table */
NN_LOSS(softmax_cross_entropy)
#endif
