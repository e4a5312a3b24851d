/* neighbours.c - see neighbours.h. */
#include "results/neighbours.h"

#include <math.h>
#include <stdlib.h>

typedef struct neighbour {
  double distance;
  int32_t label;
} neighbour;

/* Keeps the k nearest so far in order of distance; returns how many there are. */
static size_t insert(neighbour *nearest, size_t count, size_t k, neighbour candidate) {
  if (count == k && candidate.distance >= nearest[k - 1].distance) return count;
  size_t at = count < k ? count++ : k - 1;
  for (; at > 0 && nearest[at - 1].distance > candidate.distance; at--) nearest[at] = nearest[at - 1];
  nearest[at] = candidate;
  return count;
}

static int32_t vote(const neighbour *nearest, size_t count, size_t *votes, size_t n_labels) {
  int32_t best = -1;
  for (size_t l = 0; l < n_labels; l++) votes[l] = 0;
  for (size_t i = 0; i < count; i++) votes[nearest[i].label]++;
  for (size_t i = 0; i < count; i++) /* the nearest wins a tie */
    if (best < 0 || votes[nearest[i].label] > votes[best]) best = nearest[i].label;
  return best;
}

double sbnn_neighbour_accuracy(const double *z, size_t n, size_t d, const int32_t *label, size_t n_labels,
                               size_t k) {
  neighbour *nearest = sbnn_alloc(k, sizeof *nearest);
  size_t *votes = sbnn_alloc(n_labels, sizeof *votes), right = 0, counted = 0;
  for (size_t i = 0; i < n; i++) {
    size_t count = 0;
    if (label[i] < 0) continue;
    for (size_t j = 0; j < n; j++) {
      if (j == i || label[j] < 0) continue;
      double distance = 0;
      for (size_t c = 0; c < d; c++)
        distance += (z[i * d + c] - z[j * d + c]) * (z[i * d + c] - z[j * d + c]);
      count = insert(nearest, count, k, (neighbour){distance, label[j]});
    }
    if (count == 0) continue;
    counted++;
    right += vote(nearest, count, votes, n_labels) == label[i];
  }
  free(nearest);
  free(votes);
  return counted ? (double)right / (double)counted : NAN;
}
