/* chance.c - see chance.h. */
#include "linear/chance.h"

#include "data/folds.h"
#include "linear/forward.h"
#include "sbnn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHUFFLES = 10 };

/* The largest part of the responses that one gene explains when the cells do not belong together. */
static double by_chance(const sbnn_linear_data *d, uint64_t seed) {
  const size_t n = d->n, q = d->q;
  size_t *order = sbnn_alloc(n, sizeof *order), gene;
  float *shuffled = sbnn_alloc(n * q, sizeof *shuffled);
  const sbnn_linear_data other = {d->x, shuffled, n, d->p, q};
  double most = 0;
  for (uint64_t i = 0; i < SHUFFLES; i++) {
    double gain = 0;
    sbnn_permutation(seed + i, n, order);
    for (size_t k = 0; k < n; k++) memcpy(shuffled + k * q, d->y + order[k] * q, q * sizeof *d->y);
    sbnn_forward_select(&other, 1, &gene, &gain);
    most = fmax(most, gain);
  }
  free(shuffled);
  free(order);
  return most;
}

size_t sbnn_genes_above_chance(const sbnn_linear_data *d, size_t k, uint64_t seed) {
  size_t *chosen = sbnn_alloc(k, sizeof *chosen), above = 0;
  double *gain = sbnn_alloc(k, sizeof *gain), left = 1, chance = by_chance(d, seed);
  size_t found = sbnn_forward_select(d, k, chosen, gain);
  for (; above < found && left > 0 && gain[above] / left > chance; above++) left -= gain[above];
  free(gain);
  free(chosen);
  return above;
}
