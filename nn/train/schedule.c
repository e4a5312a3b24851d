/* schedule.c - factors on the learning rate: pure functions of the step, so that a run can be replayed. */
#include "nn/internal.h"

#include <math.h>

double nn_cosine(void *ctx, int64_t step, int64_t steps) {
  const double pi = 3.14159265358979323846;
  (void)ctx;
  return 0.5 * (1 + cos(pi * (double)step / (double)steps));
}
