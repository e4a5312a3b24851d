/* class_accuracy.h - accuracy from class numbers. */
#ifndef NABLA_NN_METRICS_CLASS_ACCURACY_H
#define NABLA_NN_METRICS_CLASS_ACCURACY_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Scores [..., classes] and labels [...] of integers -> the fraction of rows whose largest score is that of
 * the label (the first of equal scores counts), a scalar. The derivative of each metric here is 0. */
ag_ref nn_sparse_accuracy(nn_model *m, ag_ref scores, ag_ref labels);
/* The fraction of labels with fewer than k scores above their own. A label outside 0 to classes - 1 counts as wrong. */
ag_ref nn_top_k_accuracy(nn_model *m, ag_ref scores, ag_ref labels, int k);
/* Scores and targets of one shape: the fraction of elements where (score > threshold) equals (target > 1/2). Use threshold 0
 * for logits and 0.5 for probabilities. */
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
