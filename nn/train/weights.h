/* weights.h - row weights of the loss: Keras' sample_weight and class_weight. */
#ifndef NABLA_NN_TRAIN_WEIGHTS_H
#define NABLA_NN_TRAIN_WEIGHTS_H

#include "../data/data.h"
#include "../model/network.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The weight of a row is its own weight times that of its class. Either is 1 if it is not given; a label
 * outside 0 to n_classes - 1 has weight 1. */
typedef struct nn_weights {
  const char *rows;      /* name of a column [rows] of weights, any type; NULL = 1 */
  const char *labels;    /* name of a column [rows] of class numbers, integers; NULL = 1 */
  const double *classes; /* [n_classes], borrowed */
  int64_t n_classes;
} nn_weights;

/* In a network: the weights of the batch's rows, [batch], of the model's type; all 1 unless nn_fit_options.weights or
 * nn_evaluate_weighted give others, or a batch of a trainer has a column "row weights". For nn_loss_options.weights: the mean then
 * divides by the number of rows, as in Keras.
 *
 *     ag_ref loss = nn_squared_error(m, f, y, &(nn_loss_options){.weights = nn_row_weights(m)}); */
ag_ref nn_row_weights(nn_model *m);

#ifdef __cplusplus
}
#endif
#endif
