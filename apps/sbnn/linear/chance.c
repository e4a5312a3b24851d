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
static double by_chance(const float *x, const float *y, size_t n, size_t p, size_t q, uint64_t seed) {
  size_t *order = sbnn_alloc(n, sizeof *order), gene;
  float *shuffled = sbnn_alloc(n * q, sizeof *shuffled);
  double most = 0;
  for (uint64_t i = 0; i < SHUFFLES; i++) {
    double gain = 0;
    sbnn_permutation(seed + i, n, order);
    for (size_t k = 0; k < n; k++) memcpy(shuffled + k * q, y + order[k] * q, q * sizeof *y);
    sbnn_forward_select(x, shuffled, n, p, q, 1, &gene, &gain);
    most = fmax(most, gain);
  }
  free(shuffled);
  free(order);
  return most;
}

size_t sbnn_genes_above_chance(const float *x, const float *y, size_t n, size_t p, size_t q, size_t k,
                               uint64_t seed) {
  size_t *chosen = sbnn_alloc(k, sizeof *chosen), above = 0;
  double *gain = sbnn_alloc(k, sizeof *gain), left = 1, chance = by_chance(x, y, n, p, q, seed);
  size_t found = sbnn_forward_select(x, y, n, p, q, k, chosen, gain);
  for (; above < found && left > 0 && gain[above] / left > chance; above++) left -= gain[above];
  free(gain);
  free(chosen);
  return above;
}
