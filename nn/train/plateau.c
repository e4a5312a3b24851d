/* plateau.c - see plateau.h. */
#include "plateau.h"

#include <math.h>
#include <string.h>

static double factor_of(const nn_plateau *p, int reductions) {
  return fmax(pow(p->factor > 0 ? p->factor : 0.1, reductions), p->least);
}

/* Counts an epoch. A NaN is no improvement. */
static void count(nn_plateau *p, const nn_epoch *e, double value) {
  double threshold = p->threshold > 0 ? p->threshold : 1e-4;
  bool better = p->seen == 0 ? !isnan(value) : value < p->best * (1 - threshold);
  if (better) p->best = value, p->bad = 0;
  else p->bad++;
  if (p->seen == 0 && isnan(value)) p->best = INFINITY;
  p->seen++;
  if (p->waiting > 0) p->waiting--, p->bad = 0;
  bool can = p->n_reduced < NN_PLATEAU_MOST && factor_of(p, p->n_reduced) > p->least;
  if (p->bad <= p->patience || !can) return;
  p->after[p->n_reduced++] = e->epoch;
  p->waiting = p->cooldown;
  p->bad = 0;
}

bool nn_plateau_watch(void *plateau, const nn_epoch *e) {
  nn_plateau *p = plateau;
  const double *means = e->valid && !p->on_train ? e->valid : e->train;
  int i = 0;
  while (p->monitor && i < e->n_reports && strcmp(p->monitor, e->names[i]) != 0) i++;
  if (i >= e->n_reports) return false;
  p->epochs = e->epochs;
  count(p, e, means[i]);
  return !p->then || p->then(p->then_ctx, e);
}

/* The factor at a step follows from the reductions after epochs that were complete before it. */
double nn_plateau_rate(void *plateau, int64_t step, int64_t steps) {
  const nn_plateau *p = plateau;
  int64_t each = p->epochs > 0 ? steps / p->epochs : steps, done = each > 0 ? step / each : 0;
  int n = 0;
  while (n < p->n_reduced && p->after[n] <= done) n++;
  return factor_of(p, n);
}
