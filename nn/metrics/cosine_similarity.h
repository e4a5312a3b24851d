/* cosine_similarity.h - the angle between rows. */
#ifndef NABLA_NN_METRICS_COSINE_SIMILARITY_H
#define NABLA_NN_METRICS_COSINE_SIMILARITY_H

#include "../../tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The mean over the rows of a . b / (|a| |b|), of two views [..., n] of one shape, any types and strides; a row of zeros counts as
 * 0 (Keras). For a loss see nn_cosine_embedding. TN_ESHAPE: other shapes, or no rows. Pure. */
TN_MUST_CHECK tn_status nn_cosine_similarity(tn_view a, tn_view b, double *mean);

#ifdef __cplusplus
}
#endif
#endif
