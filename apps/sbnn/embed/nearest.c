/* nearest.c - see nearest.h. */
#include "embed/nearest.h"

#include "sbnn.h"
#include "tensor/tensor.h"

#include <stdbool.h>
#include <stdlib.h>

static bool nearer(const sbnn_nearest *a, const sbnn_nearest *b) {
  return a->distance < b->distance || (a->distance == b->distance && a->cell < b->cell);
}

static double squared(const double *a, const double *b, size_t d) {
  double sum = 0;
  for (size_t k = 0; k < d; k++) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sum;
}

/* A heap whose root is the farthest: the root's replacement sinks. */
static void sink(sbnn_nearest *heap, size_t n, size_t at) {
  for (size_t child; (child = 2 * at + 1) < n; at = child) {
    if (child + 1 < n && nearer(&heap[child], &heap[child + 1])) child++;
    if (!nearer(&heap[at], &heap[child])) return;
    sbnn_nearest t = heap[at];
    heap[at] = heap[child];
    heap[child] = t;
  }
}

void sbnn_nearest_find(const double *x, size_t n, size_t d, size_t i, size_t k, sbnn_nearest *near) {
  size_t found = 0;
  for (size_t j = 0; j < n; j++) {
    if (j == i) continue;
    sbnn_nearest c = {squared(x + i * d, x + j * d, d), j};
    if (found < k) {
      near[found++] = c;
      for (size_t at = k / 2; found == k && at-- > 0;) sink(near, k, at);
    } else if (nearer(&c, &near[0])) {
      near[0] = c;
      sink(near, k, 0);
    }
  }
  for (size_t left = found; left-- > 1;) { /* the farthest goes last */
    sbnn_nearest t = near[0];
    near[0] = near[left];
    near[left] = t;
    sink(near, left, 0);
  }
}

typedef struct trust {
  const double *x, *z;
  size_t n, d, k;
  double *penalty; /* [n] */
} trust;

static void penalise(void *ctx, int64_t row) {
  const trust *t = ctx;
  size_t i = (size_t)row;
  sbnn_nearest *near = sbnn_alloc(t->k, sizeof *near);
  double *distance = sbnn_alloc(t->n, sizeof *distance);
  for (size_t j = 0; j < t->n; j++) distance[j] = squared(t->x + i * t->d, t->x + j * t->d, t->d);
  sbnn_nearest_find(t->z, t->n, 2, i, t->k, near);
  for (size_t c = 0; c < t->k; c++) {
    sbnn_nearest other = {distance[near[c].cell], near[c].cell};
    size_t rank = 1;
    for (size_t j = 0; j < t->n; j++) rank += j != i && nearer(&(sbnn_nearest){distance[j], j}, &other);
    if (rank > t->k) t->penalty[i] += (double)(rank - t->k);
  }
  free(near);
  free(distance);
}

double sbnn_trustworthiness(const double *x, size_t n, size_t d, const double *z, size_t k, int threads) {
  trust t = {x, z, n, d, k, sbnn_alloc(n, sizeof(double))};
  double sum = 0, cells = (double)n, near = (double)k;
  tn_parallel_for((int64_t)n, threads, penalise, &t);
  for (size_t i = 0; i < n; i++) sum += t.penalty[i];
  free(t.penalty);
  return 1 - 2 * sum / (cells * near * (2 * cells - 3 * near - 1));
}
