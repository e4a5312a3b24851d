/* r2.h - coefficient of determination. */
#ifndef NABLA_NN_METRICS_R2_H
#define NABLA_NN_METRICS_R2_H

#include "../../tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 1 - sum (y - f)^2 / sum y^2, pooled over all elements (column < 0) or for one column. The caller centres y. */
double nn_r2(tn_view y, tn_view f, int column);

#ifdef __cplusplus
}
#endif
#endif
