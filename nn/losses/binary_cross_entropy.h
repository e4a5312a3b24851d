/* binary_cross_entropy.h - cross-entropy of two classes. */
#ifndef NABLA_NN_LOSSES_BINARY_CROSS_ENTROPY_H
#define NABLA_NN_LOSSES_BINARY_CROSS_ENTROPY_H

#include "reduction.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_binary_cross_entropy_options {
  nn_loss_options loss;
  double positive_weight; /* factor on the terms of target 1; 0 = 1 */
  double smoothing;       /* moves targets towards 1/2 by this much, 0 to 1 */
} nn_binary_cross_entropy_options;

/* In nats, from logits: -(y log p + (1 - y) log(1 - p)) with p = sigmoid(logit), never infinite. Targets are 0 to 1
 * and of the logits' shape. */
ag_ref nn_binary_cross_entropy(nn_model *m, ag_ref logits, ag_ref target,
                               const nn_binary_cross_entropy_options *options);
/* The same from probabilities; logarithms are at least -100, as in PyTorch. Logits are better. */
ag_ref nn_binary_cross_entropy_probs(nn_model *m, ag_ref p, ag_ref target, const nn_loss_options *o);
/* (1 - p_t)^gamma times the cross-entropy, where p_t is the probability of the true class; times alpha where
 * the target is 1 and 1 - alpha where it is 0 (alpha < 0: no such factor). Lin et al. 2017: gamma 2, alpha
 * 0.25. */
ag_ref nn_focal(nn_model *m, ag_ref logits, ag_ref target, double alpha, double gamma,
                const nn_loss_options *o);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LOSS /* the rows of the table */
NN_LOSS(binary_cross_entropy)
NN_LOSS(binary_cross_entropy_probs)
NN_LOSS(focal)
#endif
