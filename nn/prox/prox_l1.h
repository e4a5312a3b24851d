/* prox_l1.h - soft thresholding. */
#ifndef NABLA_NN_PROX_PROX_L1_H
#define NABLA_NN_PROX_PROX_L1_H

#include "prox.h"

#ifdef __cplusplus
extern "C" {
#endif

/* sign(p) max(0, |p| - lambda t), lambda >= 0: elements become exactly 0. */
void nn_prox_l1(nn_model *m, const char *glob, double lambda);

#ifdef __cplusplus
}
#endif
#endif
