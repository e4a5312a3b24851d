/* threads.h - a parallel loop of short work (not installed). */
#ifndef NABLA_THREADS_H
#define NABLA_THREADS_H

#include "tensor/tensor.h"

/* As tn_parallel_for, for work of microseconds that is repeated. A thread starts with its own range of the
 * indices, the same in each call, so that its data are still in its caches; then it helps the others. Threads
 * are moved to their CPUs, but not bound to them. */
void tn__parallel_near(int64_t n, int threads, void (*fn)(void *ctx, int64_t i), void *ctx);

/* tn_copy on several threads. */
void tn__copy(tn_view dst, tn_view src, int threads);

/* tn_reduce on several threads, with the same bits. */
void tn__reduce(tn_reduction op, tn_view in, unsigned axes, tn_view out, int threads);

#endif
