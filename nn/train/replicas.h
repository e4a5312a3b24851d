/* replicas.h - independent fits in parallel. */
#ifndef NABLA_NN_TRAIN_REPLICAS_H
#define NABLA_NN_TRAIN_REPLICAS_H

#include "../../tensor/ranks.h"
#include "../model/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Calls fn(ctx, replica) for replica 0 to n - 1 on up to `threads` threads (0 = one per processor), in any order. A failure
 * does not stop the others. Returns the status of the failed replica with the lowest number, or TN_OK. */
TN_MUST_CHECK tn_status nn_replicas(int64_t n, int threads, tn_status (*fn)(void *ctx, int64_t replica),
                                    void *ctx);

/* The same over the processes of a parallel program: replica i runs on rank i % size. Every rank must call
 * it; all return the same status, that of the failed replica with the lowest number. The results of a replica
 * are in the process that ran it: write them to files, or exchange them. */
TN_MUST_CHECK tn_status nn_replicas_over(const tn_ranks *ranks, int64_t n, int threads,
                                         tn_status (*fn)(void *ctx, int64_t replica), void *ctx);

#ifdef __cplusplus
}
#endif
#endif
