/* affinity.h - how alike cells are in the space that t-SNE starts from. Source: van der Maaten and Hinton,
 * Visualizing data using t-SNE, 2008; van der Maaten, Accelerating t-SNE using tree-based algorithms, 2014.
 *
 * p(j|i) is a Gaussian of the distance from i to j whose width gives the row the wanted perplexity, over the
 * k nearest other cells of i; p_ij = (p(j|i) + p(i|j)) / 2n, which sums to 1. */
#ifndef SBNN_EMBED_AFFINITY_H
#define SBNN_EMBED_AFFINITY_H

#include <stddef.h>
#include <stdint.h>

/* Cells and their coordinates, row-major; borrowed. */
typedef struct sbnn_points {
  const double *x; /* [n x d] */
  size_t n, d;
} sbnn_points;

/* A symmetric matrix row by row: the entries of row i are first[i] .. first[i + 1] - 1, by ascending column.
 * Owns its arrays; sbnn_affinities_free. Read-only once made. */
typedef struct sbnn_affinities {
  size_t n;        /* rows and columns: cells */
  size_t *first;   /* [n + 1] */
  int32_t *column; /* [first[n]] */
  double *p;       /* [first[n]], > 0 unless it underflows; they sum to 1 */
} sbnn_affinities;

/* Of finite points, n < 2^31, over the k nearest cells of each, perplexity < k < n (the caller
 * checks that); of equally near ones the first in the table count. k = n - 1 is exact. Distances are
 * Euclidean; a perplexity is a number of neighbours, e to the entropy of a row, which is met to 1e-10 unless
 * more cells coincide than it allows. No errors. `threads` run inside (0: all there are) and change no bit;
 * two calls may run at once. Time n^2 d, memory about 60 n k bytes. */
void sbnn_affinities_make(const sbnn_points *x, double perplexity, size_t k, int threads, sbnn_affinities *a);
void sbnn_affinities_free(sbnn_affinities *a); /* leaves *a all zero */

#endif
