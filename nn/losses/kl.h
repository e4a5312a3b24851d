/* kl.h - Kullback-Leibler divergence. */
#ifndef NABLA_NN_LOSSES_KL_H
#define NABLA_NN_LOSSES_KL_H

#include "reduction.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Terms p (log p - log q), from log q = log_q and target p, or log p if log_target. NN_BATCH_MEAN gives the
 * divergence of a batch of distributions; the default, the mean over all terms, does not (as in PyTorch). */
ag_ref nn_kl(nn_model *m, ag_ref log_q, ag_ref target, bool log_target, const nn_loss_options *o);

#ifdef __cplusplus
}
#endif
#endif

#ifdef NN_LOSS /* the row of the table */
NN_LOSS(kl)
#endif
