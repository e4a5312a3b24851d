/* neighbours.h - how well a map keeps labels together. Pure; any thread. */
#ifndef SBNN_RESULTS_NEIGHBOURS_H
#define SBNN_RESULTS_NEIGHBOURS_H

#include "sbnn.h"

/* Leave-one-out k-nearest-neighbour accuracy: the fraction of the n cells at z [n x d], row-major, whose
 * label (>= 0) is the most frequent one among the k nearest other cells; ties go to the label of the nearest
 * of them. Cells with a negative label neither count nor vote. NaN with fewer than two labelled cells. O(n^2
 * (d + k)). */
double sbnn_neighbour_accuracy(const double *z, size_t n, size_t d, const int32_t *label, size_t n_labels,
                               size_t k);

#endif
