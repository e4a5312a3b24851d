/* likelihoods.h - negative log-likelihoods of counts and of numbers. */
#ifndef NABLA_NN_LOSSES_LIKELIHOODS_H
#define NABLA_NN_LOSSES_LIKELIHOODS_H

#include "reduction.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_poisson_options {
  nn_loss_options loss;
  bool rate; /* the first argument is the rate, not its logarithm; 1e-8 is added in the logarithm */
  bool full; /* adds Stirling's approximation of log(count!) where the count is above 1, as PyTorch does */
} nn_poisson_options;
/* rate - count log(rate), from the logarithm of the rate. One shape. */
ag_ref nn_poisson(nn_model *m, ag_ref log_rate, ag_ref counts, const nn_poisson_options *options);

/* (log v + (target - mean)^2 / v) / 2, v = max(variance, 1e-6); plus log(2 pi) / 2 if full. One shape. */
ag_ref nn_gaussian_nll(nn_model *m, ag_ref mean, ag_ref target, ag_ref variance, bool full,
                       const nn_loss_options *o);

/* -log NB(count; mean, theta), variance mean + mean^2 / theta: mean > 0, theta > 0 (inverse dispersion), which may
 * broadcast, [genes] for [batch, genes]. */
ag_ref nn_negative_binomial(nn_model *m, ag_ref mean, ag_ref theta, ag_ref counts, const nn_loss_options *o);
/* Zero-inflated: a count is 0 with probability sigmoid(zero_logits) (of the counts' shape), else negative binomial. */
ag_ref nn_zinb(nn_model *m, ag_ref mean, ag_ref theta, ag_ref zero_logits, ag_ref counts,
               const nn_loss_options *o);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LOSS /* the rows of the table */
NN_LOSS(poisson)
NN_LOSS(gaussian_nll)
NN_LOSS(negative_binomial)
NN_LOSS(zinb)
#endif
