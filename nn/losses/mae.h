/* mae.h - mean absolute error. */
#ifndef NABLA_NN_LOSSES_MAE_H
#define NABLA_NN_LOSSES_MAE_H

#include "../model/sample.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The mean over all elements of |prediction - target|, a scalar; both of one shape (no broadcasting:
 * TN_ESHAPE). */
ag_ref nn_mae(nn_model *m, ag_ref prediction, ag_ref target);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LOSS /* the row of the table */
NN_LOSS(mae)
#endif
