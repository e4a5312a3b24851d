/* errors.h - squared and absolute errors with options, Huber's loss and the logarithm of cosh. */
#ifndef NABLA_NN_LOSSES_ERRORS_H
#define NABLA_NN_LOSSES_ERRORS_H

#include "reduction.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Prediction and target of one shape (TN_ESHAPE); o may be NULL. The terms are, with e = prediction - target: */
ag_ref nn_squared_error(nn_model *m, ag_ref prediction, ag_ref target, const nn_loss_options *o);  /* e^2 */
ag_ref nn_absolute_error(nn_model *m, ag_ref prediction, ag_ref target, const nn_loss_options *o); /* |e| */
/* e^2 / 2 where |e| <= delta, else delta (|e| - delta / 2); delta > 0. Huber 1964. */
ag_ref nn_huber(nn_model *m, ag_ref prediction, ag_ref target, double delta, const nn_loss_options *o);
/* Huber's loss over beta: e^2 / (2 beta), else |e| - beta / 2. */
ag_ref nn_smooth_l1(nn_model *m, ag_ref prediction, ag_ref target, double beta, const nn_loss_options *o);
/* (log(1 + prediction) - log(1 + target))^2, both above -1; |e| / max(|target|, 1e-7) (in 1, not in percent). */
ag_ref nn_squared_log_error(nn_model *m, ag_ref prediction, ag_ref target, const nn_loss_options *o);
ag_ref nn_relative_error(nn_model *m, ag_ref prediction, ag_ref target, const nn_loss_options *o);
/* log cosh e, without overflow. */
ag_ref nn_log_cosh(nn_model *m, ag_ref prediction, ag_ref target, const nn_loss_options *o);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LOSS /* the rows of the table */
NN_LOSS(squared_error)
NN_LOSS(absolute_error)
NN_LOSS(huber)
NN_LOSS(smooth_l1)
NN_LOSS(log_cosh)
NN_LOSS(squared_log_error)
NN_LOSS(relative_error)
#endif
