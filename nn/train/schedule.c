/* schedule.c - factors of the learning rate: pure functions of the step, so that a run can be replayed. */
#include "nn/internal.h"

#include <math.h>

static const double pi = 3.14159265358979323846;

double nn_cosine(void *ctx, int64_t step, int64_t steps) {
  (void)ctx;
  return 0.5 * (1 + cos(pi * (double)step / (double)steps));
}

double nn_scheduled(void *schedule, int64_t step, int64_t steps) {
  const nn_schedule *s = schedule;
  return s->factor(s, (double)step, (double)steps);
}

/* The length of the schedule, or of the fit if it has none; then the position of a step in it, from 0 to
 * 1. */
static double length(const nn_schedule *s, double steps) { return s->number[0] > 0 ? s->number[0] : steps; }
static double share(const nn_schedule *s, double step, double steps) {
  double n = length(s, steps);
  return n > 0 ? fmin(step / n, 1) : 1;
}
static double half_wave(double from, double to, double x) {
  return to + (from - to) * 0.5 * (1 + cos(pi * x));
}

static double constant(const nn_schedule *s, double step, double steps) {
  (void)step, (void)steps;
  return s->number[0];
}
nn_schedule nn_schedule_constant(double factor) {
  return (nn_schedule){.factor = constant, .number = {factor}};
}

static double warmup(const nn_schedule *s, double step, double steps) {
  return s->number[1] + (1 - s->number[1]) * share(s, step, steps);
}
nn_schedule nn_schedule_warmup(int64_t steps, double from) {
  return (nn_schedule){.factor = warmup, .number = {(double)steps, from}};
}

static double stepwise(const nn_schedule *s, double step, double steps) {
  return pow(s->number[1], floor(step / length(s, steps)));
}
nn_schedule nn_schedule_step(int64_t every, double factor) {
  return (nn_schedule){.factor = stepwise, .number = {(double)every, factor}};
}

static double multistep(const nn_schedule *s, double step, double steps) {
  double factor = 1;
  (void)steps;
  for (int i = 0; i < s->n && (double)s->at[i] <= step; i++) factor *= s->number[0];
  return factor;
}
nn_schedule nn_schedule_multistep(const int64_t *at, int n, double factor) {
  return (nn_schedule){.factor = multistep, .number = {factor}, .at = at, .n = n};
}

static double exponential(const nn_schedule *s, double step, double steps) {
  (void)steps;
  return pow(s->number[0], step);
}
nn_schedule nn_schedule_exponential(double factor) {
  return (nn_schedule){.factor = exponential, .number = {factor}};
}

static double polynomial(const nn_schedule *s, double step, double steps) {
  return s->number[2] + (1 - s->number[2]) * pow(1 - share(s, step, steps), s->number[1]);
}
nn_schedule nn_schedule_polynomial(int64_t steps, double power, double end) {
  return (nn_schedule){.factor = polynomial, .number = {(double)steps, power, end}};
}

static double cosine(const nn_schedule *s, double step, double steps) {
  return half_wave(1, s->number[1], share(s, step, steps));
}
nn_schedule nn_schedule_cosine(int64_t steps, double end) {
  return (nn_schedule){.factor = cosine, .number = {(double)steps, end}};
}

static double restarts(const nn_schedule *s, double step, double steps) {
  double period = length(s, steps), growth = fmax(s->number[1], 1);
  if (growth == 1) step = fmod(step, period);
  while (growth > 1 && step >= period) step -= period, period *= growth;
  return half_wave(1, s->number[2], step / period);
}
nn_schedule nn_schedule_cosine_restarts(int64_t first, double growth, double end) {
  return (nn_schedule){.factor = restarts, .number = {(double)first, growth, end}};
}

/* The peak is at the step warm * steps - 1 and the end at the last step, as in PyTorch. */
static double one_cycle(const nn_schedule *s, double step, double steps) {
  double n = length(s, steps), peak = s->number[1] * n - 1, low = 1 / s->number[2];
  if (step <= peak) return half_wave(low, 1, peak > 0 ? step / peak : 1);
  double rest = n - 1 - peak;
  return half_wave(1, low / s->number[3], rest > 0 ? fmin((step - peak) / rest, 1) : 1);
}
nn_schedule nn_schedule_one_cycle(int64_t steps, double warm, double divide, double final) {
  return (nn_schedule){.factor = one_cycle, .number = {(double)steps, warm, divide, final}};
}

static double sequence(const nn_schedule *s, double step, double steps) {
  int i = 0;
  while (i < s->n - 1 && (double)s->at[i] <= step) i++;
  double from = i ? (double)s->at[i - 1] : 0, to = i < s->n - 1 ? (double)s->at[i] : steps;
  return s->parts[i].factor(&s->parts[i], step - from, to - from);
}
nn_schedule nn_schedule_sequence(const nn_schedule *parts, const int64_t *at, int n) {
  return (nn_schedule){.factor = sequence, .parts = parts, .at = at, .n = n};
}

static double product(const nn_schedule *s, double step, double steps) {
  double factor = 1;
  for (int i = 0; i < s->n; i++) factor *= s->parts[i].factor(&s->parts[i], step, steps);
  return factor;
}
nn_schedule nn_schedule_product(const nn_schedule *parts, int n) {
  return (nn_schedule){.factor = product, .parts = parts, .n = n};
}
