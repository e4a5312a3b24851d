/* hinge.h - margins of scores. */
#ifndef NABLA_NN_LOSSES_HINGE_H
#define NABLA_NN_LOSSES_HINGE_H

#include "reduction.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Targets y are -1 or 1, of the shape of the scores s; terms: */
ag_ref nn_hinge(nn_model *m, ag_ref scores, ag_ref target, const nn_loss_options *o); /* max(0, 1 - y s) */
ag_ref nn_squared_hinge(nn_model *m, ag_ref scores, ag_ref target, const nn_loss_options *o); /* its square */
ag_ref nn_soft_margin(nn_model *m, ag_ref scores, ag_ref target,
                      const nn_loss_options *o); /* log(1 + e^(-y s)) */
/* x is a distance: the term is x where y is 1, max(0, margin - x) where y is -1. */
ag_ref nn_hinge_embedding(nn_model *m, ag_ref distance, ag_ref target, double margin,
                          const nn_loss_options *o);

/* Scores and one-hot targets [..., classes]: max(0, 1 + largest of the wrong scores - the right one), as in Keras; terms
 * [...]. */
ag_ref nn_categorical_hinge(nn_model *m, ag_ref scores, ag_ref target, const nn_loss_options *o);

typedef struct nn_multi_margin_options {
  nn_loss_options loss;
  double margin;        /* 0 = 1 */
  bool squared;         /* PyTorch's p = 2 */
  ag_ref class_weights; /* [classes], chosen by the label; id 0 = all 1 */
} nn_multi_margin_options;
/* Scores [batch, classes], labels [batch] of integers: sum over the other classes j of max(0, margin - s_label +
 * s_j), over the number of classes; terms [batch]. */
ag_ref nn_multi_margin(nn_model *m, ag_ref scores, ag_ref labels, const nn_multi_margin_options *options);
/* Logits and targets 0 or 1, [..., classes]: binary cross-entropy averaged over the classes; terms [...]. */
ag_ref nn_multilabel_soft_margin(nn_model *m, ag_ref logits, ag_ref target, const nn_loss_options *o);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LOSS /* the rows of the table */
NN_LOSS(hinge)
NN_LOSS(squared_hinge)
NN_LOSS(soft_margin)
NN_LOSS(hinge_embedding)
NN_LOSS(categorical_hinge)
NN_LOSS(multi_margin)
NN_LOSS(multilabel_soft_margin)
#endif
