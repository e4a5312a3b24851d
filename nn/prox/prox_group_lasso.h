/* prox_group_lasso.h - soft thresholding of whole rows. */
#ifndef NABLA_NN_PROX_PROX_GROUP_LASSO_H
#define NABLA_NN_PROX_PROX_GROUP_LASSO_H

#include "prox.h"

#ifdef __cplusplus
extern "C" {
#endif

/* row max(0, 1 - lambda t / |row|): whole rows become exactly 0. Two axes or more. */
void nn_prox_group_lasso(nn_model *m, const char *glob, double lambda);
/* The group lasso with a penalty for each row of a matrix [rows, n]: `lambda` [rows, 1], of the model's type,
 * each >= 0, borrowed as ctx is. If shorter rows get higher penalties, long rows are hardly shrunk: Zou 2006,
 * The adaptive lasso; Wang & Leng 2008, A note on adaptive group lasso. */
void nn_prox_adaptive_lasso(nn_model *m, const char *glob, const tn_view *lambda);

#ifdef __cplusplus
}
#endif
#endif
