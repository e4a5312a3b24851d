/* array.c - allocators and owned arrays. */
#include "tensor/tensor.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64 }; /* a cache line, which is also the widest vector */

static void *default_alloc(void *ctx, size_t bytes) {
  (void)ctx;
  if (bytes > SIZE_MAX - ALIGNMENT) return NULL;
  return aligned_alloc(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
}

static void default_free(void *ctx, void *p) {
  (void)ctx;
  free(p);
}

const tn_alloc tn_default_alloc = {default_alloc, default_free, NULL};

void *tn_malloc(const tn_alloc *a, size_t bytes) {
  if (!a) a = &tn_default_alloc;
  return bytes ? a->alloc(a->ctx, bytes) : NULL;
}

void *tn_calloc(const tn_alloc *a, size_t n, size_t bytes) {
  if (bytes && n > SIZE_MAX / bytes) return NULL;
  void *p = tn_malloc(a, n * bytes);
  return p ? memset(p, 0, n * bytes) : NULL;
}

void tn_free(const tn_alloc *a, void *p) {
  if (!a) a = &tn_default_alloc;
  if (p) a->free(a->ctx, p);
}

tn_status tn_grow(const tn_alloc *a, void *items, size_t *cap, size_t need, size_t size) {
  void *old, *bigger;
  if (need <= *cap) return TN_OK;
  size_t room = *cap > SIZE_MAX / 2 ? need : *cap * 2;
  if (room < need) room = need;
  if (room < 8) room = 8;
  memcpy(&old, items, sizeof old); /* `items` is a T ** for any type T */
  if (!(bigger = tn_calloc(a, room, size))) return TN_ENOMEM;
  if (old) memcpy(bigger, old, *cap * size);
  tn_free(a, old);
  memcpy(items, &bigger, sizeof bigger);
  *cap = room;
  return TN_OK;
}

tn_status tn_array_new(const tn_alloc *alloc, tn_dtype dtype, int rank, const int64_t *shape, tn_array *out) {
  if (rank < 0 || rank > TN_MAX_RANK) return TN_ESHAPE;
  size_t n = 1;
  for (int a = 0; a < rank; a++) {
    if (shape[a] < 0 || (shape[a] && n > SIZE_MAX / 16 / (size_t)shape[a])) return TN_ESHAPE;
    n *= (size_t)shape[a];
  }
  void *data = tn_calloc(alloc, n ? n : 1, tn_dtype_size(dtype));
  if (!data) return TN_ENOMEM;
  *out = (tn_array){tn_view_of(data, dtype, rank, shape), alloc};
  return TN_OK;
}

void tn_array_free(tn_array *a) {
  tn_free(a->alloc, a->view.data);
  *a = (tn_array){0};
}
