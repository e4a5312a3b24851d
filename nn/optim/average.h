/* average.h - averages of the weights over the steps, to evaluate and predict with. */
#ifndef NABLA_NN_OPTIM_AVERAGE_H
#define NABLA_NN_OPTIM_AVERAGE_H

#include "../model/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The matching parameters declared so far keep an average of their values after each step, in the slot
 * "average/<parameter>"; it begins with the value after the first step. Before the optimizer (an error behind
 * it), once for each parameter. To use it: nn_state_copy(other, "", state, "average/", false) into a clone.
 * Exponential: average = decay average + (1 - decay) value, 0 < decay < 1 (Polyak & Juditsky 1992). */
void nn_average_exponential(nn_model *m, const char *glob, double decay);
/* The plain mean of the values after step `start` and every `every` steps behind it (SWA, Izmailov et al. 2018);
 * until then the value itself. start >= 1, every >= 1. */
void nn_average_plain(nn_model *m, const char *glob, int64_t start, int64_t every);

#ifdef __cplusplus
}
#endif
#endif
