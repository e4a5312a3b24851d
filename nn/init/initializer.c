/* initializer.c - the initializer that a parameter gets: see initializer.h. */
#include "initializer.h"

#include "nn/internal.h"

void nn_fans(int rank, const int64_t *shape, double *in, double *out) {
  double field = 1;
  for (int a = 0; a < rank - 2; a++) field *= (double)shape[a];
  *out = rank ? field * (double)shape[rank - 1] : 1;
  *in = rank > 1 ? field * (double)shape[rank - 2] : *out;
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
