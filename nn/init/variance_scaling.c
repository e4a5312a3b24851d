/* variance_scaling.c - see variance_scaling.h. */
#include "variance_scaling.h"

#include "normal.h"
#include "uniform.h"

#include <math.h>

static void fill(tn_rng key, tn_view out, const double *args) {
  const double kept = 0.87962566103423978; /* the sd of a standard normal that is cut at 2 */
  double in, fan_out;
  nn_fans(out.rank, out.shape, &in, &fan_out);
  nn_fan mode = (nn_fan)args[1];
  nn_spread spread = (nn_spread)args[2];
  double fan = mode == NN_FAN_IN ? in : mode == NN_FAN_OUT ? fan_out : 0.5 * (in + fan_out);
  double sd = sqrt(args[0] / fan), bound = sqrt(3) * sd;
  nn_initializer by = spread == NN_SPREAD_UNIFORM  ? nn_init_uniform(-bound, bound)
                      : spread == NN_SPREAD_NORMAL ? nn_init_normal(0, sd)
                                                   : nn_init_truncated_normal(0, sd / kept);
  by.fill(key, out, by.args);
}

nn_initializer nn_init_variance_scaling(double scale, nn_fan fan, nn_spread spread) {
  return (nn_initializer){fill, {scale, fan, spread}};
}
