/* schedule.h - factors on the learning rate. */
#ifndef NABLA_NN_TRAIN_SCHEDULE_H
#define NABLA_NN_TRAIN_SCHEDULE_H

#include "../model/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A schedule: (1 + cos(pi step / steps)) / 2, where steps counts from 0. Schedules must be pure. */
double nn_cosine(void *ctx, int64_t step, int64_t steps);

#ifdef __cplusplus
}
#endif
#endif
