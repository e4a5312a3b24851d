/* neighbours.h - how often the nearest neighbours of a point have its label. */
#ifndef NABLA_NN_METRICS_NEIGHBOURS_H
#define NABLA_NN_METRICS_NEIGHBOURS_H

#include "../../tensor/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Leave-one-out k-nearest-neighbour accuracy: the fraction of points z [n, d] whose label is the most frequent one among the k
 * nearest other points (Euclidean); ties go to the label of the nearest of them. labels [n]: whole numbers in [0, classes);
 * points with a negative label neither count nor vote. *accuracy is NaN with fewer than two labelled points. Any element types
 * and strides. Time n^2 (d + k). TN_ESHAPE; TN_EINVAL (k or classes below 1, a label out of range); TN_ENOMEM. Pure. */
TN_MUST_CHECK tn_status nn_neighbour_accuracy(tn_view z, tn_view labels, int64_t classes, int64_t k,
                                              double *accuracy);

#ifdef __cplusplus
}
#endif
#endif
