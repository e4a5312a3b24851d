/* perplexity.h - how many classes a prediction leaves open. */
#ifndef NABLA_NN_METRICS_PERPLEXITY_H
#define NABLA_NN_METRICS_PERPLEXITY_H

#include "../../tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* exp of the mean cross-entropy in nats, of logits [..., classes] and labels [...] of whole numbers. Labels outside 0 to classes - 1
 * (padding) are left out; NaN if none is left. Of a whole data set: that of all its predictions, not a mean of those of its
 * batches. TN_ESHAPE. Pure. */
TN_MUST_CHECK tn_status nn_perplexity(tn_view logits, tn_view labels, double *perplexity);

#ifdef __cplusplus
}
#endif
#endif
