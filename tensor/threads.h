/* threads.h - a parallel loop of short work (not installed). */
#ifndef NABLA_THREADS_H
#define NABLA_THREADS_H

#include "tensor/tensor.h"

/* As tn_parallel_for, for work of microseconds that is done again and again: a thread begins with its own stretch of the
 * indices, the same each time, so that what it reads is still in its caches; who is done helps the others. Threads are
 * placed on their CPUs, not bound to them. */
void tn__parallel_near(int64_t n, int threads, void (*fn)(void *ctx, int64_t i), void *ctx);

/* tn_copy on so many threads. */
void tn__copy(tn_view dst, tn_view src, int threads);

/* tn_reduce on so many threads: the same bits. */
void tn__reduce(tn_reduction op, tn_view in, unsigned axes, tn_view out, int threads);

#endif
