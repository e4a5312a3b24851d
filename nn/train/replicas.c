/* replicas.c - independent replicas on threads. Each is computed as if alone, so results do not depend on the
 * number of threads. */
#include "nn/internal.h"

typedef struct job {
  tn_status (*fn)(void *ctx, int64_t replica);
  void *ctx;
  int64_t first, step; /* this process runs replicas first, first + step, ... */
  double *status;      /* status of all replicas, as numbers that ranks can sum */
} job;

static void run_one(void *ctx, int64_t i) {
  job *j = ctx;
  int64_t replica = j->first + i * j->step;
  j->status[replica] = j->fn(j->ctx, replica);
}

tn_status nn_replicas_over(const tn_ranks *ranks, int64_t n, int threads,
                           tn_status (*fn)(void *ctx, int64_t replica), void *ctx) {
  if (n < 0 || !fn) return TN_EINVAL;
  if (n == 0) return TN_OK;
  job j = {fn, ctx, ranks ? ranks->rank : 0, ranks ? ranks->size : 1,
           tn_calloc(NULL, (size_t)n, sizeof(double))};
  if (!j.status) return TN_ENOMEM;
  tn_parallel_for((n - j.first + j.step - 1) / j.step, threads, run_one, &j);
  tn_status first = ranks ? tn_ranks_sum(ranks, tn_view_of(j.status, TN_F64, 1, &n)) : TN_OK;
  for (int64_t i = 0; i < n && first == TN_OK; i++) first = (tn_status)j.status[i];
  tn_free(NULL, j.status);
  return first;
}

tn_status nn_replicas(int64_t n, int threads, tn_status (*fn)(void *ctx, int64_t replica), void *ctx) {
  return nn_replicas_over(NULL, n, threads, fn, ctx);
}
