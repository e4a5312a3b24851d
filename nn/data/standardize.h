/* standardize.h - columns of mean 0 and standard deviation 1. */
#ifndef NABLA_NN_DATA_STANDARDIZE_H
#define NABLA_NN_DATA_STANDARDIZE_H

#include "data.h"

#ifdef __cplusplus
extern "C" {
#endif

/* nn_standardize_fit writes means and population sds of the columns of matrix x over the listed rows,
 * [columns] each. nn_standardize_apply replaces x by (x - mean) / sd; a constant column (sd 0) becomes 0. */
void nn_standardize_fit(tn_view x, nn_split rows, double *mean, double *sd);
void nn_standardize_apply(tn_view x, const double *mean, const double *sd);

#ifdef __cplusplus
}
#endif
#endif
