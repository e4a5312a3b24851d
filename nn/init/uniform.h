/* uniform.h - uniform numbers. */
#ifndef NABLA_NN_INIT_UNIFORM_H
#define NABLA_NN_INIT_UNIFORM_H

#include "initializer.h"

#ifdef __cplusplus
extern "C" {
#endif

nn_initializer nn_init_uniform(double low, double high); /* [low, high) */

#ifdef __cplusplus
}
#endif
#endif
