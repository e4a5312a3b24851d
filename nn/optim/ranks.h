/* ranks.h - one model trained by several processes, each with a part of every update's rows. */
#ifndef NABLA_NN_OPTIM_RANKS_H
#define NABLA_NN_OPTIM_RANKS_H

#include "../../tensor/ranks.h"
#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Data-parallel training. An update uses the mean gradient of `shards` batches of nn_batch rows, the shards. Each of the ranks
 * computes shards / size of them, one in each training step, and updates at the last one, when the ranks exchange their sums
 * (ag_allreduce). The gradients of the shards are added in a binary tree whose shape depends on `shards` only. So the trained
 * parameters have the same bits for 1, 2, 4, ... ranks.
 *
 *     nn_gradients *d = nn_gradients_of(m, loss);
 *     nn_sum_over_ranks(d, ranks, 8);
 *     nn_update(d, "*", nn_adam_rule(&options));
 *
 * `shards` is a power of two and a multiple of ranks->size. ranks NULL: this process alone. `ranks` is
 * borrowed until the model is freed. Every rank builds the same network, starts from the same state (same
 * seed) and makes the same number of steps. nn_fit gives each rank its shards of an epoch; with
 * nn_trainer_step, nn_trainer_shard says which rows to take. Random nodes depend on the number of the shard.
 *
 * Call it once, as the first transform, for all losses together. It replaces nn_accumulate. TN_EINVAL: shards that do not fit, a
 * network with buffers (batch normalization: each rank would have its own), or a second call. A process whose step fails must
 * end: the others wait for it. Memory: log2(shards / size) values for each parameter, in slots "ranks/<level>/<parameter>". */
void nn_sum_over_ranks(nn_gradients *d, const tn_ranks *ranks, int shards);

#ifdef __cplusplus
}
#endif
#endif
