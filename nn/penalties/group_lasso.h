/* group_lasso.h - group lasso: a penalty on the norms of rows. */
#ifndef NABLA_NN_PENALTIES_GROUP_LASSO_H
#define NABLA_NN_PENALTIES_GROUP_LASSO_H

#include "penalty.h"

#ifdef __cplusplus
extern "C" {
#endif

/* lambda * sum over rows (along the last axis; two axes or more) of the row's l2 norm; the derivative is 0 at
 * a row of zeros. */
ag_ref nn_group_lasso(nn_model *m, const char *glob, double lambda);

#ifdef __cplusplus
}
#endif
#endif
