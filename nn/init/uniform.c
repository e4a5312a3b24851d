/* uniform.c - see uniform.h. */
#include "uniform.h"

static void fill(tn_rng key, tn_view out, const double *args) {
  tn_rng_uniform(key, out);
  for (int64_t i = 0, n = tn_view_numel(&out); i < n; i++)
    tn_set(&out, i, args[0] + (args[1] - args[0]) * tn_get(&out, i));
}

nn_initializer nn_init_uniform(double low, double high) { return (nn_initializer){fill, {low, high}}; }
