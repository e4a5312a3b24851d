/* sparse_cross_entropy.h - cross-entropy by class numbers. */
#ifndef NABLA_NN_LOSSES_SPARSE_CROSS_ENTROPY_H
#define NABLA_NN_LOSSES_SPARSE_CROSS_ENTROPY_H

#include "reduction.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_sparse_cross_entropy_options {
  nn_reduction reduction;
  /* [classes]; id 0 = all 1. The mean divides by the sum of the labels' weights, as in PyTorch */
  ag_ref class_weights;
  ag_ref weights;   /* factors on the terms, of the labels' shape; the mean does not divide by them */
  double smoothing; /* label smoothing, 0 to 1: the share spread over all classes; not for nn_nll */
  bool ignores;     /* labels equal to `ignored` are left out of sum and mean */
  int64_t ignored;
} nn_sparse_cross_entropy_options;

/* In nats: logits [..., classes], labels [...] of integers -> -log softmax(logits)[label], weighted. Labels outside
 * 0 to classes - 1 (PyTorch's -100) are left out too. The mean over no label is NaN. NN_BATCH_MEAN is refused. */
ag_ref nn_sparse_cross_entropy(nn_model *m, ag_ref logits, ag_ref labels,
                               const nn_sparse_cross_entropy_options *options);
/* The same from log-probabilities. */
ag_ref nn_nll(nn_model *m, ag_ref log_probs, ag_ref labels, const nn_sparse_cross_entropy_options *options);
/* For nn_softmax_cross_entropy: (1 - share) labels + share / classes along the last axis. */
ag_ref nn_smooth_labels(nn_model *m, ag_ref labels, double share);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LOSS /* the rows of the table */
NN_LOSS(sparse_cross_entropy)
NN_LOSS(nll)
#endif
