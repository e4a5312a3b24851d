/* schedule.h - factors of the learning rate. */
#ifndef NABLA_NN_TRAIN_SCHEDULE_H
#define NABLA_NN_TRAIN_SCHEDULE_H

#include "../model/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A schedule is a pure function of the step (from 0) and the number of steps of the fit, so a fit can be
 * resumed and replayed. It returns a factor of the learning rate. nn_cosine is (1 + cos(pi step / steps)) /
 * 2. */
double nn_cosine(void *ctx, int64_t step, int64_t steps);

/* Schedules as values. Set .schedule = nn_scheduled and .schedule_ctx = a pointer to an nn_schedule that outlives the fit.
 *
 *     nn_schedule parts[] = {nn_schedule_warmup(500, 0.1), nn_schedule_cosine(0, 0.01)};
 *     nn_schedule s = nn_schedule_sequence(parts, (int64_t[]){500}, 2);
 *
 * `steps` 0 means the fit's number of steps; in a sequence, the steps that are left. Names and formulas are those of
 * torch.optim.lr_scheduler, counted in steps; each result is a factor on the optimizer's learning rate. */
typedef struct nn_schedule nn_schedule;
struct nn_schedule {
  double (*factor)(const nn_schedule *s, double step, double steps);
  double number[4];
  const nn_schedule *parts; /* borrowed */
  const int64_t *at;        /* borrowed */
  int n;
};
double nn_scheduled(void *schedule, int64_t step, int64_t steps);

nn_schedule nn_schedule_constant(double factor);
nn_schedule nn_schedule_warmup(int64_t steps, double from); /* linear from `from` to 1, then 1 */
nn_schedule nn_schedule_step(int64_t every, double factor); /* factor^floor(step / every) */
/* Times factor at each step at[0..n), ascending; borrowed. */
nn_schedule nn_schedule_multistep(const int64_t *at, int n, double factor);
nn_schedule nn_schedule_exponential(double factor); /* factor^step */
/* end + (1 - end) (1 - step / steps)^power, then end. */
nn_schedule nn_schedule_polynomial(int64_t steps, double power, double end);
nn_schedule nn_schedule_cosine(int64_t steps, double end); /* from 1 to `end` by half a cosine wave, then
                                                            * `end` */
/* The cosine repeated: the first cycle has `first` steps, each next one is `growth` (>= 1) times as long. Loshchilov &
 * Hutter 2017. */
nn_schedule nn_schedule_cosine_restarts(int64_t first, double growth, double end);
/* Rises from 1 / divide to 1 during the first warm * steps steps, then falls to 1 / (divide * final); both parts are half a
 * cosine wave. So the optimizer's rate is the peak. PyTorch's defaults: warm 0.3, divide 25, final 1e4. Smith & Topin 2018. */
nn_schedule nn_schedule_one_cycle(int64_t steps, double warm, double divide, double final);
/* parts[0] until step at[0], then parts[1] with its steps counted from there, and so on: n parts, n - 1 places. */
nn_schedule nn_schedule_sequence(const nn_schedule *parts, const int64_t *at, int n);
nn_schedule nn_schedule_product(const nn_schedule *parts, int n);

#ifdef __cplusplus
}
#endif
#endif
