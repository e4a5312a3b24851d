/* replicas.h - independent fits side by side. */
#ifndef NABLA_NN_TRAIN_REPLICAS_H
#define NABLA_NN_TRAIN_REPLICAS_H

#include "../model/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Runs fn(ctx, replica) for n independent replicas on up to `threads` threads (0 = all there are), in any
 * order, all of them whatever fails; the first failure (lowest index) is returned. */
TN_MUST_CHECK tn_status nn_replicas(int64_t n, int threads, tn_status (*fn)(void *ctx, int64_t replica),
                                    void *ctx);

#ifdef __cplusplus
}
#endif
#endif
