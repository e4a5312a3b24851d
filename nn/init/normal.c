/* normal.c - see normal.h. */
#include "normal.h"

#include <math.h>

static void fill(tn_rng key, tn_view out, const double *args) {
  tn_rng_normal(key, out);
  for (int64_t i = 0, n = tn_view_numel(&out); i < n; i++)
    tn_set(&out, i, args[0] + args[1] * tn_get(&out, i));
}

/* A number beyond the bound is drawn again, with its index as the counter word `epoch` and the attempt as
 * `step`. */
static void fill_truncated(tn_rng key, tn_view out, const double *args) {
  const double bound = 2;
  tn_rng_normal(key, out);
  for (int64_t i = 0, n = tn_view_numel(&out); i < n; i++) {
    double z = tn_get(&out, i);
    tn_view again = tn_scalar(&z, TN_F64);
    key.epoch = (uint32_t)(i + 1);
    for (key.step = 1; fabs(z) > bound; key.step++) tn_rng_normal(key, again);
    tn_set(&out, i, args[0] + args[1] * z);
  }
}

nn_initializer nn_init_normal(double mean, double sd) { return (nn_initializer){fill, {mean, sd}}; }

nn_initializer nn_init_truncated_normal(double mean, double sd) {
  return (nn_initializer){fill_truncated, {mean, sd}};
}
