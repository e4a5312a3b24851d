/* kmeans.h - k-means clustering: greedy k-means++ starts, Lloyd iterations made cheap by Hamerly's bounds,
 * single rows exchanged at the end, best of many restarts. The result has the same bits for any number of
 * threads. */
#ifndef SBNN_DATA_KMEANS_H
#define SBNN_DATA_KMEANS_H

#include "sbnn.h"

#include <stddef.h>
#include <stdint.h>

/* A zero takes the default. */
typedef struct sbnn_kmeans_options {
  size_t clusters;       /* default 20 */
  size_t restarts;       /* default 1000 */
  size_t max_iterations; /* of Lloyd, a restart; default 300 */
  uint64_t seed;
  int threads; /* over the restarts; default 1 */
} sbnn_kmeans_options;

/* Owns its arrays; release with sbnn_kmeans_free. */
typedef struct sbnn_kmeans {
  size_t n, d, k;
  int32_t *labels; /* n: cluster of each row, 0..k-1 */
  double *centers; /* k x d, row-major: means of the clusters */
  size_t *sizes;   /* k, each >= 1 */
  double inertia;  /* sum of squared distances to the own centre */
  size_t restart;  /* the one that won: lowest inertia, ties to the lowest number */
} sbnn_kmeans;

/* Clusters the rows of data (n x d, row-major, finite). Works in double. A cluster that runs empty is moved
 * to the row farthest from its own centre. On failure *r is all zero. SBNN_BAD_INPUT: fewer distinct rows
 * than clusters. SBNN_INTERRUPTED: a signal came (interrupt.h). */
int sbnn_kmeans_fit(const float *data, size_t n, size_t d, const sbnn_kmeans_options *o, sbnn_kmeans *r,
                    sbnn_error *e);
void sbnn_kmeans_free(sbnn_kmeans *r); /* leaves *r all zero */

#endif
