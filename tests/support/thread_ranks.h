/* thread_ranks.h - the ranks of a parallel program as threads of this one. */
#ifndef NABLA_TESTS_THREAD_RANKS_H
#define NABLA_TESTS_THREAD_RANKS_H

#include "tensor/ranks.h"

/* Calls fn(ctx, ranks) on `size` (at most 8) threads at once, each as one rank, and waits for all of them. */
void on_thread_ranks(int size, void (*fn)(void *ctx, const tn_ranks *ranks), void *ctx);

#endif
