/* initializer.c - the named initializers, and the one that a parameter gets: see initializer.h. */
#include "initializer.h"

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

void nn_fans(int rank, const int64_t *shape, double *in, double *out) {
  double field = 1;
  for (int a = 0; a < rank - 2; a++) field *= (double)shape[a];
  *out = rank ? field * (double)shape[rank - 1] : 1;
  *in = rank > 1 ? field * (double)shape[rank - 2] : *out;
}

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

void nn__initialize(const nn__variable *v, tn_rng key, tn_view out) {
  if (v->kind != NN__PARAMETER) {
    tn_fill(out, v->kind == NN__BUFFER ? v->value : 0);
    return;
  }
  key.stream = tn_stream(v->name);
  v->init.fill(key, out, v->init.args);
}

void nn_initialize(nn_model *m, const char *glob, nn_initializer rule) {
  if (!nn__matches(m, "nn_initialize", glob)) return;
  size_t at = 0;
  for (nn__variable *v; (v = nn__match(m, glob, &at));)
    if (!m->sealed) v->init = rule; /* only in the first build: during later ones other threads read it */
}
