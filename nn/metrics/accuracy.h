/* accuracy.h - accuracy from one-hot labels. */
#ifndef NABLA_NN_METRICS_ACCURACY_H
#define NABLA_NN_METRICS_ACCURACY_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The fraction of rows whose largest logit is at the class of the largest label, a scalar; the first of equal
 * values counts. Both have shape [..., classes]. The derivative is 0. */
ag_ref nn_accuracy(nn_model *m, ag_ref logits, ag_ref labels);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_METRIC /* the row of the table */
NN_METRIC(accuracy)
#endif
