/* constant.h - one number. */
#ifndef NABLA_NN_INIT_CONSTANT_H
#define NABLA_NN_INIT_CONSTANT_H

#include "initializer.h"

#ifdef __cplusplus
extern "C" {
#endif

nn_initializer nn_init_constant(double value);

#ifdef __cplusplus
}
#endif
#endif
