/* average.h - averages of the weights over the steps, to evaluate and predict with. */
#ifndef NABLA_NN_OPTIM_AVERAGE_H
#define NABLA_NN_OPTIM_AVERAGE_H

#include "../model/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Keeps an average of the values that the matching parameters have after each update, in the slots
 * "average/<parameter>". It starts with the value after the first update. Steps that only accumulate
 * gradients (nn_accumulate, nn_sum_over_ranks) do not count. Call it before the optimizer (after it: an
 * error), at most once for each parameter. To use the averages, copy them into a clone: nn_state_copy(clone,
 * "", state, "average/", false). Exponential average: average = decay * average + (1 - decay) * value, 0 <
 * decay < 1. Polyak & Juditsky 1992. */
void nn_average_exponential(nn_model *m, const char *glob, double decay);
/* Stochastic weight averaging: the mean of the values after updates start, start + every, start + 2 every,
 * ...; before update `start` it is the current value. start >= 1, every >= 1. Izmailov et al. 2018. */
void nn_average_plain(nn_model *m, const char *glob, int64_t start, int64_t every);

#ifdef __cplusplus
}
#endif
#endif
