/* rule.h - helpers of update rules, also for your own. */
#ifndef NABLA_NN_OPTIM_RULE_H
#define NABLA_NN_OPTIM_RULE_H

#include "minimize.h"

#include <math.h>

/* a * x + b * y */
static inline ag_ref nn_mix(ag_graph *g, double a, ag_ref x, double b, ag_ref y) {
  return ag_add(g, ag_scale(g, x, a), ag_scale(g, y, b));
}

/* The square root of the sum of squares, a scalar. */
static inline ag_ref nn_length_of(ag_graph *g, ag_ref x) {
  return ag_sqrt(g, ag_sum_all(g, ag_square(g, x)));
}

/* An option, or its default if it is 0. */
static inline double nn_or(double value, double otherwise) { return value != 0 ? value : otherwise; }

/* lr / (sqrt(mean of v over the row) + epsilon): the step size of a row, for proximal operators. */
static inline ag_ref nn_row_step(ag_graph *g, ag_ref lr, ag_ref v, double epsilon) {
  ag_ref mean = ag_type_of(g, v).rank ? ag_mean_axis(g, v, -1, true) : v;
  return ag_div(g, lr, ag_offset(g, ag_sqrt(g, mean), epsilon));
}

/* 1 - beta^t without cancellation: with beta2 = 0.999 the first steps would lose three digits in f32. */
static inline ag_ref nn_bias_correction(ag_graph *g, double beta, ag_ref step) {
  return ag_neg(g, ag_expm1(g, ag_scale(g, step, log(beta))));
}

#endif
