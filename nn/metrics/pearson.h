/* pearson.h - linear correlation. */
#ifndef NABLA_NN_METRICS_PEARSON_H
#define NABLA_NN_METRICS_PEARSON_H

#include "../../tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The correlation coefficient of all elements of two views of one shape, any types and strides, in [-1, 1]; NaN where one of them
 * is constant. TN_ESHAPE: other shapes, or fewer than 2 elements. Pure. */
TN_MUST_CHECK tn_status nn_pearson(tn_view y, tn_view f, double *r);

#ifdef __cplusplus
}
#endif
#endif
