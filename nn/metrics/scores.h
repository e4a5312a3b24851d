/* scores.h - measures of predictions, in double, for classes and for numbers. */
#ifndef NABLA_NN_METRICS_SCORES_H
#define NABLA_NN_METRICS_SCORES_H

#include "../../tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Views of any element type and strides; rows along axis 0. Definitions are scikit-learn's; 0 / 0
 * counts as 0. Where a status is returned: TN_ESHAPE, TN_EINVAL (a class or label out of range), TN_ENOMEM. */

/* counts[truth * classes + guess] of class numbers [n] each, from 0; counts has classes^2 elements. */
TN_MUST_CHECK tn_status nn_confusion(tn_view truth, tn_view guess, int64_t classes, int64_t *counts);

/* Scores of one class, from a confusion table. */
typedef struct nn_class_scores {
  double precision, recall, f1;
  int64_t support; /* rows that are of this class */
} nn_class_scores;
nn_class_scores nn_scores_of_class(const int64_t *counts, int64_t classes, int64_t which);
nn_class_scores nn_scores_macro(const int64_t *counts,
                                int64_t classes); /* unweighted means over the classes */
double nn_scores_accuracy(const int64_t *counts, int64_t classes);

/* The share of rows [n, classes] whose true class is among the k largest scores; of equal scores the first
 * count. */
TN_MUST_CHECK tn_status nn_top_k(tn_view truth, tn_view scores, int64_t k, double *share);

/* Area under the ROC curve, of labels 0 or 1 [n] and scores [n]: the probability that a row of label 1 has a higher score than
 * one of label 0; ties count one half. NaN if one of the labels is missing. */
TN_MUST_CHECK tn_status nn_auc(tn_view labels, tn_view scores, double *area);

/* Scores of regression, over all elements of two views of one shape. r2 is about the mean of y: 1 - sum (y -
 * f)^2 / sum (y - mean y)^2. */
typedef struct nn_regression_scores {
  double mae, mse, rmse, r2;
} nn_regression_scores;
TN_MUST_CHECK tn_status nn_scores_of_numbers(tn_view y, tn_view f, nn_regression_scores *out);

#ifdef __cplusplus
}
#endif
#endif
