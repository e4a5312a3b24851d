/* perplexity.h - the effective number of classes that a prediction leaves open. */
#ifndef NABLA_NN_METRICS_PERPLEXITY_H
#define NABLA_NN_METRICS_PERPLEXITY_H

#include "../../tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* exp of the mean cross-entropy in nats, of logits [..., classes] and labels [...] of whole numbers. Labels
 * outside 0 to classes - 1 (padding) are left out; NaN if none is left. For a data set, pass all predictions
 * at once: the mean over batches is not the perplexity. TN_ESHAPE. Pure. */
TN_MUST_CHECK tn_status nn_perplexity(tn_view logits, tn_view labels, double *perplexity);

#ifdef __cplusplus
}
#endif
#endif
