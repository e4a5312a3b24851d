/* ranks.c - see ranks.h. */
#include "ranks.h"

enum { CHUNK = 32768 }; /* bytes of each of two buffers on the stack */

#define ADD_CHUNK(T)                                                                                         \
  static void add_##T(T *mine, const T *theirs, int64_t n, bool mine_first) {                                \
    for (int64_t i = 0; i < n; i++) mine[i] = mine_first ? mine[i] + theirs[i] : theirs[i] + mine[i];        \
  }
ADD_CHUNK(float)
ADD_CHUNK(double)

/* One level of the tree: this rank and its partner exchange their values, and both get the sum. */
static tn_status add_partner(const tn_ranks *r, int partner, tn_view x) {
  _Alignas(64) char theirs[CHUNK];
  size_t size = tn_dtype_size(x.dtype), total = tn_view_bytes(&x);
  for (size_t at = 0; at < total; at += CHUNK) {
    size_t bytes = total - at < CHUNK ? total - at : CHUNK;
    char *mine = (char *)x.data + at;
    tn_status status = r->exchange(r->ctx, partner, mine, theirs, bytes);
    if (status != TN_OK) return status;
    int64_t n = (int64_t)(bytes / size);
    if (x.dtype == TN_F32) add_float((float *)mine, (const float *)theirs, n, r->rank < partner);
    else add_double((double *)mine, (const double *)theirs, n, r->rank < partner);
  }
  return TN_OK;
}

tn_status tn_ranks_sum(const tn_ranks *r, tn_view x) {
  if (!r || r->size < 1 || r->size & (r->size - 1) || r->rank < 0 || r->rank >= r->size) return TN_EINVAL;
  if (x.dtype != TN_F32 && x.dtype != TN_F64) return TN_ETYPE;
  if (!x.data || !tn_view_contiguous(&x)) return TN_EINVAL;
  for (int distance = 1; distance < r->size; distance *= 2) {
    tn_status status = add_partner(r, r->rank ^ distance, x);
    if (status != TN_OK) return status;
  }
  return TN_OK;
}
