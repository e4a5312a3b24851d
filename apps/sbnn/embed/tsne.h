/* tsne.h - t-distributed stochastic neighbour embedding into the plane.
 *
 * Minimises the divergence KL(P | Q) of the affinities P (affinity.h) from Q, q_ij = w_ij / sum w with w_ij =
 * 1 / (1 + |y_i - y_j|^2), by gradient descent with momentum and a gain for each coordinate (Jacobs 1988).
 * The descent is a graph of the library: exactly, KL is three lines in it and its gradient follows; by
 * Barnes and Hut's approximation (quadtree.h) the gradient is an input. Constants as in scikit-learn 1.5:
 * P times 12 and momentum 0.5 for 250 iterations, then momentum 0.8; gains + 0.2 where the gradient turns,
 * else times 0.8, at least 0.01; learning rate n / 48, at least 50. */
#ifndef SBNN_EMBED_TSNE_H
#define SBNN_EMBED_TSNE_H

#include "embed/affinity.h"
#include "sbnn.h"

#include <stdbool.h>

typedef struct sbnn_tsne_options {
  double perplexity;
  size_t exact_cells; /* up to so many the gradient is exact */
  double theta;       /* beyond: of the approximation */
  int iterations;
  bool random; /* start: normal of sd 1e-4; else the first two principal components, the first with sd 1e-4 */
  uint64_t seed; /* of the random start, and of the second coordinate where x has one column */
  int threads;   /* the map has the same bits for any number */
} sbnn_tsne_options;

typedef struct sbnn_tsne_fit {
  double kl;
  bool exact;
} sbnn_tsne_fit;

/* y [n x 2]: the map of finite points. SBNN_BAD_INPUT: not more cells than three times the
 * perplexity, or all of them alike. SBNN_INTERRUPTED. One call, one thread, `threads` inside. */
int sbnn_tsne(const sbnn_points *x, const sbnn_tsne_options *o, double *y, sbnn_tsne_fit *fit, sbnn_error *e);

/* What the descent lowers: by tree, or (`exact`) by the graph. */
typedef struct sbnn_tsne_objective {
  const sbnn_affinities *p;
  double exaggeration; /* of the attraction */
  bool exact;
  double theta;
  int threads;
} sbnn_tsne_objective;

/* The gradient of KL at y [n x 2], and KL itself without exaggeration. For tests and the last word. */
int sbnn_tsne_gradient(const sbnn_tsne_objective *o, const double *y, double *gradient, double *kl,
                       sbnn_error *e);

#endif
