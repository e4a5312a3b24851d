/* r2.h - the share of variance that is predicted. */
#ifndef NABLA_NN_METRICS_R2_H
#define NABLA_NN_METRICS_R2_H

#include "../../tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 1 - sum (y - f)^2 / sum y^2, pooled over all elements (column < 0) or for one column. y is centred by the
 * caller. */
double nn_r2(tn_view y, tn_view f, int column);

#ifdef __cplusplus
}
#endif
#endif
