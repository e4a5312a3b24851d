/* procrustes.h - one cloud of points laid onto another. */
#ifndef SBNN_LINEAR_PROCRUSTES_H
#define SBNN_LINEAR_PROCRUSTES_H

#include <stddef.h>

/* Moves a [n x d] onto b [n x d], row-major, point onto point, in place: by the translation, rotation or
 * reflection, and scale that leave the smallest sum of squared distances (Gower 1975). Returns that sum as
 * part of the squares of b about its mean: 0 where the clouds have one shape, 1 where they share nothing;
 * exchanging a and b gives the same. Points of a that all coincide end on the mean of b. d is small. Any
 * thread. */
double sbnn_procrustes(size_t n, size_t d, double *a, const double *b);

#endif
