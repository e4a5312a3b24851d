/* variance_scaling.h - initializers whose variance depends on the fans. */
#ifndef NABLA_NN_INIT_VARIANCE_SCALING_H
#define NABLA_NN_INIT_VARIANCE_SCALING_H

#include "initializer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum nn_fan { NN_FAN_IN, NN_FAN_OUT, NN_FAN_AVERAGE } nn_fan;
typedef enum nn_spread { NN_SPREAD_TRUNCATED_NORMAL, NN_SPREAD_NORMAL, NN_SPREAD_UNIFORM } nn_spread;

/* Mean 0 and variance scale / fan, scale > 0. The truncated normal (cut at two standard deviations) has that
 * variance after truncation, as in Keras. The names of nn_init are of this kind: He's is (2, NN_FAN_IN), Glorot's (1,
 * NN_FAN_AVERAGE). */
nn_initializer nn_init_variance_scaling(double scale, nn_fan fan, nn_spread spread);

#ifdef __cplusplus
}
#endif
#endif
