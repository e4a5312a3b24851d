/* prox_nonnegative.h - the projection on numbers >= 0. */
#ifndef NABLA_NN_PROX_PROX_NONNEGATIVE_H
#define NABLA_NN_PROX_PROX_NONNEGATIVE_H

#include "prox.h"

#ifdef __cplusplus
extern "C" {
#endif

void nn_prox_nonnegative(nn_model *m, const char *glob); /* max(p, 0) */

#ifdef __cplusplus
}
#endif
#endif
