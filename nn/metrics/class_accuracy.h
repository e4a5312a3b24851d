/* class_accuracy.h - the share of right guesses, by class numbers. */
#ifndef NABLA_NN_METRICS_CLASS_ACCURACY_H
#define NABLA_NN_METRICS_CLASS_ACCURACY_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Scores [..., classes] and labels [...] of integers -> the fraction of labels whose score is the largest (of equal ones
 * the first counts), a scalar. Derivative 0, as of the others. */
ag_ref nn_sparse_accuracy(nn_model *m, ag_ref scores, ag_ref labels);
/* The fraction of labels with fewer than k scores above their own. A label that is no class is wrong. */
ag_ref nn_top_k_accuracy(nn_model *m, ag_ref scores, ag_ref labels, int k);
/* Scores and targets of one shape: the fraction of equal answers to "above the threshold?" (scores) and "above 1/2?"
 * (targets). The threshold of logits is 0, of probabilities 0.5. */
ag_ref nn_binary_accuracy(nn_model *m, ag_ref scores, ag_ref target, double threshold);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_METRIC /* the rows of the table */
NN_METRIC(sparse_accuracy)
NN_METRIC(top_k_accuracy)
NN_METRIC(binary_accuracy)
#endif
