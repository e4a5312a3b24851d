/* init.c - initial values of parameters: a pure function of key, name and shape. */
#include "nn/internal.h"

#include <math.h>

/* fan = a * in + b * out; a uniform's bound is sqrt(3 gain / fan), a normal's sd sqrt(gain / fan). */
typedef struct rule {
  double gain, in, out;
  bool normal;
} rule;

static const rule rules[] = {
    [NN_GLOROT_UNIFORM] = {1, 0.5, 0.5, false}, [NN_GLOROT_NORMAL] = {1, 0.5, 0.5, true},
    [NN_HE_UNIFORM] = {2, 1, 0, false},         [NN_HE_NORMAL] = {2, 1, 0, true},
    [NN_LECUN_UNIFORM] = {1, 1, 0, false},      [NN_LECUN_NORMAL] = {1, 1, 0, true},
};

/* Of [..., in, out]; leading extents are the receptive field of a convolution. A vector has one fan. */
static double fan_of(const ag_type *t, const rule *r) {
  double field = 1;
  if (t->rank == 0) return 1;
  for (int a = 0; a < t->rank - 2; a++) field *= (double)t->shape[a];
  double out = (double)t->shape[t->rank - 1];
  double in = t->rank > 1 ? (double)t->shape[t->rank - 2] : out;
  return field * (r->in * in + r->out * out);
}

void nn__initialize(const nn__variable *v, tn_rng key, tn_view out) {
  if (v->kind != NN__PARAMETER || v->init == NN_ZEROS || v->init == NN_ONES) {
    tn_fill(out, v->kind == NN__BUFFER ? v->value : v->kind == NN__PARAMETER && v->init == NN_ONES ? 1 : 0);
    return;
  }
  const rule *r = &rules[v->init];
  int64_t n = tn_view_numel(&out);
  double variance = r->gain / fan_of(&v->type, r), scale = sqrt(r->normal ? variance : 3 * variance);
  key.stream = tn_stream(v->name);
  if (r->normal) tn_rng_normal(key, out);
  else tn_rng_uniform(key, out);
  for (int64_t i = 0; i < n; i++) {
    double u = tn_get(&out, i);
    tn_set(&out, i, scale * (r->normal ? u : 2 * u - 1));
  }
}
