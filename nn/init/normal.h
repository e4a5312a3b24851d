/* normal.h - normal numbers. */
#ifndef NABLA_NN_INIT_NORMAL_H
#define NABLA_NN_INIT_NORMAL_H

#include "initializer.h"

#ifdef __cplusplus
extern "C" {
#endif

nn_initializer nn_init_normal(double mean, double sd);
/* Numbers further than two sd from the mean are drawn again, so the variance is 0.774 sd^2. */
nn_initializer nn_init_truncated_normal(double mean, double sd);

#ifdef __cplusplus
}
#endif
#endif
