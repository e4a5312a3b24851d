/* named.c - the named initializers (nn_init). */
#include "constant.h"
#include "nn/internal.h"

#include <math.h>

/* fan = a * in + b * out; a uniform's bound is sqrt(3 gain / fan), a normal's sd sqrt(gain / fan). */
typedef struct named_rule {
  double gain, in, out;
  bool normal;
} named_rule;

static const named_rule rules[] = {
    [NN_GLOROT_UNIFORM] = {1, 0.5, 0.5, false}, [NN_GLOROT_NORMAL] = {1, 0.5, 0.5, true},
    [NN_HE_UNIFORM] = {2, 1, 0, false},         [NN_HE_NORMAL] = {2, 1, 0, true},
    [NN_LECUN_UNIFORM] = {1, 1, 0, false},      [NN_LECUN_NORMAL] = {1, 1, 0, true},
};

static void fill_named(tn_rng key, tn_view out, const double *args) {
  const named_rule *r = &rules[(int)args[0]];
  double in, fan_out;
  nn_fans(out.rank, out.shape, &in, &fan_out);
  double variance = r->gain / (r->in * in + r->out * fan_out);
  double scale = sqrt(r->normal ? variance : 3 * variance);
  if (r->normal) tn_rng_normal(key, out);
  else tn_rng_uniform(key, out);
  for (int64_t i = 0, n = tn_view_numel(&out); i < n; i++) {
    double u = tn_get(&out, i);
    tn_set(&out, i, scale * (r->normal ? u : 2 * u - 1));
  }
}

nn_initializer nn__named_initializer(nn_init init) {
  if (init == NN_ZEROS || init == NN_ONES) return nn_init_constant(init == NN_ONES);
  return (nn_initializer){fill_named, {init}};
}
