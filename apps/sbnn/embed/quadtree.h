/* quadtree.h - the repulsion of t-SNE by Barnes and Hut's approximation: far cells count as one. */
#ifndef SBNN_EMBED_QUADTREE_H
#define SBNN_EMBED_QUADTREE_H

#include <stddef.h>

/* Of a map y [n x 2], row-major, finite, in the map's own units: force[i] = sum over other cells j of
 * w_ij^2 (y_i - y_j), [n x 2], with w_ij = 1 / (1 + |y_i - y_j|^2), which the caller has room for; returns
 * the sum of w_ij over all i and j != i. A square of cells whose width is less than theta times the distance
 * to their mean counts as one; theta 0 takes every pair. No errors. `threads` run inside (0: all there are)
 * and change no bit; two calls may run at once. Time n log n. Source: van der Maaten, Accelerating t-SNE
 * using tree-based algorithms, 2014. */
double sbnn_repulsion(const double *y, size_t n, double theta, int threads, double *force);

#endif
