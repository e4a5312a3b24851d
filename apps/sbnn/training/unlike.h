/* unlike.h - are cells like those that a model was trained on? By the distance of Mahalanobis in the genes that the
 * model reads: how far a cell lies from the mean, in units of the training cells' own spread in that direction. */
#ifndef SBNN_TRAINING_UNLIKE_H
#define SBNN_TRAINING_UNLIKE_H

#include "sbnn.h"

#include <stdbool.h>

enum { SBNN_SPREAD_MOST = 200 }; /* genes; with more of them nothing is said */

/* Of the training cells. Owns its array; release with sbnn_spread_free. */
typedef struct sbnn_spread {
  size_t n;        /* genes; 0: not known */
  double *factor;  /* [n (n + 1) / 2] rows of the Cholesky factor of their covariance plus a twentieth */
  double farthest; /* the largest squared distance of any of them */
} sbnn_spread;

/* x: z-scores [cells, n]. */
void sbnn_spread_fit(const float *x, size_t cells, size_t n, sbnn_spread *s);
void sbnn_spread_free(sbnn_spread *s);

/* Squared distance of a cell's z-scores [n]. */
double sbnn_spread_distance(const sbnn_spread *s, const float *x);

/* Is the mean of the cells farther than that of any twentieth of the training cells can be? (Of a part p of them
 * the mean's squared distance is at most (1 - p) / p.) *distance: per gene. False for fewer than 10 cells. */
bool sbnn_spread_shifted(const sbnn_spread *s, const float *x, size_t cells, double *distance);

#endif
