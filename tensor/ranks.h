/* ranks.h - sums over the processes of a parallel program.
 *
 * The library does not know how the processes talk. It needs one function, `exchange`. ranks_mpi.h has that of
 * MPI; a test can make ranks of threads. */
#ifndef NABLA_TENSOR_RANKS_H
#define NABLA_TENSOR_RANKS_H

#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tn_ranks {
  int rank, size; /* this process, 0 to size - 1; number of processes, a power of two */
  /* Sends `bytes` bytes to the partner and receives as many from it; `mine` and `theirs` do not overlap. Both partners call
   * it. A status other than TN_OK means that the partner is lost. */
  tn_status (*exchange)(void *ctx, int partner, const void *mine, void *theirs, size_t bytes);
  void *ctx;
} tn_ranks;

/* Replaces x on every rank by the sum over all ranks: x contiguous, f32 or f64, of one shape everywhere. Every rank must call
 * it. The sum is a binary tree over the ranks, so all ranks get the same bits, and a sum of 2 n values over n ranks that each
 * added two neighbours has the bits of the sum over 2 n ranks. Nothing is allocated. TN_EINVAL: size is no power of two, or
 * rank is outside 0 to size - 1; TN_ETYPE; or the status of exchange. One call at a time in each process. */
TN_MUST_CHECK tn_status tn_ranks_sum(const tn_ranks *ranks, tn_view x);

#ifdef __cplusplus
}
#endif
#endif
