/* schedule.h - factors on the learning rate. */
#ifndef NABLA_NN_TRAIN_SCHEDULE_H
#define NABLA_NN_TRAIN_SCHEDULE_H

#include "../model/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A schedule for nn_fit_options is a pure function of the step, counted from 0, and of the fit's number of steps: so a
 * fit can be resumed and replayed. This one is (1 + cos(pi step / steps)) / 2. */
double nn_cosine(void *ctx, int64_t step, int64_t steps);

/* Schedules as values: .schedule = nn_scheduled, .schedule_ctx = a pointer to one, which must outlive the fit.
 *
 *     nn_schedule parts[] = {nn_schedule_warmup(500, 0.1), nn_schedule_cosine(0, 0.01)};
 *     nn_schedule s = nn_schedule_sequence(parts, (int64_t[]){500}, 2);
 *
 * Steps of 0 are the fit's own number, what is left of it in a sequence. The names and formulas are PyTorch's
 * (torch.optim.lr_scheduler), in steps, as factors of the optimizer's rate. */
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
nn_schedule nn_schedule_step(int64_t every, double factor); /* times factor after each so many steps */
/* Times factor at each step at[0..n), ascending; borrowed. */
nn_schedule nn_schedule_multistep(const int64_t *at, int n, double factor);
nn_schedule nn_schedule_exponential(double factor); /* factor^step */
/* end + (1 - end) (1 - step / steps)^power, then end. */
nn_schedule nn_schedule_polynomial(int64_t steps, double power, double end);
nn_schedule nn_schedule_cosine(int64_t steps, double end); /* from 1 to end by half a wave, then end */
/* The same again and again, each time `growth` (>= 1) as long. Loshchilov & Hutter 2017. */
nn_schedule nn_schedule_cosine_restarts(int64_t first, double growth, double end);
/* From 1 / divide up to 1 in a share `warm` of the steps and down to 1 / (divide final), both by half a wave: the
 * optimizer's rate is the peak. PyTorch: warm 0.3, divide 25, final 1e4. Smith & Topin 2018. */
nn_schedule nn_schedule_one_cycle(int64_t steps, double warm, double divide, double final);
/* parts[0] until step at[0], then parts[1] with its steps counted from there, and so on: n parts, n - 1 places. */
nn_schedule nn_schedule_sequence(const nn_schedule *parts, const int64_t *at, int n);
nn_schedule nn_schedule_product(const nn_schedule *parts, int n);

#ifdef __cplusplus
}
#endif
#endif
