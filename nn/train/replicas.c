/* replicas.c - independent replicas on threads; each is computed as if alone, so their number of threads
 * changes nothing. */
#include "nn/internal.h"

typedef struct job {
  tn_status (*fn)(void *ctx, int64_t replica);
  void *ctx;
  tn_status *status;
} job;

static void run_one(void *ctx, int64_t i) {
  job *j = ctx;
  j->status[i] = j->fn(j->ctx, i);
}

tn_status nn_replicas(int64_t n, int threads, tn_status (*fn)(void *ctx, int64_t replica), void *ctx) {
  if (n < 0 || !fn) return TN_EINVAL;
  if (n == 0) return TN_OK;
  job j = {fn, ctx, tn_calloc(NULL, (size_t)n, sizeof(tn_status))};
  if (!j.status) return TN_ENOMEM;
  tn_parallel_for(n, threads, run_one, &j);
  tn_status first = TN_OK;
  for (int64_t i = 0; i < n && first == TN_OK; i++) first = j.status[i];
  tn_free(NULL, j.status);
  return first;
}
