/* refuse_libc.h - the C library's own allocations refused one at a time, for calls that take no tn_alloc. Included by one file of
 * a test. LIBC_REFUSES: where that works, with the GNU C library and without a sanitizer, which brings a malloc of its own. */
#ifndef NABLA_TEST_REFUSE_LIBC_H
#define NABLA_TEST_REFUSE_LIBC_H

#include "tensor/tensor.h"

#if defined(__GLIBC__) && !defined(NABLA_SANITIZED)
#define LIBC_REFUSES 1

#include <errno.h>
#include <stdlib.h>

static long libc_requests, libc_refused; /* the request that is refused, from 1; 0: none */
static bool libc_only_realloc;           /* counts and refuses calls of realloc alone */

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t n, size_t bytes);
void *__libc_realloc(void *p, size_t bytes);
void *__libc_memalign(size_t alignment, size_t bytes);

static inline bool libc_refuses(bool is_realloc) {
  if (!libc_refused || (libc_only_realloc && !is_realloc) || ++libc_requests != libc_refused) return false;
  errno = ENOMEM;
  return true;
}

void *malloc(size_t bytes) { return libc_refuses(false) ? NULL : __libc_malloc(bytes); }
void *calloc(size_t n, size_t bytes) { return libc_refuses(false) ? NULL : __libc_calloc(n, bytes); }
void *realloc(void *p, size_t bytes) { return libc_refuses(true) ? NULL : __libc_realloc(p, bytes); }
void *aligned_alloc(size_t alignment, size_t bytes) {
  return libc_refuses(false) ? NULL : __libc_memalign(alignment, bytes);
}

/* One attempt with request number k refused; *refused says whether there was one. */
static inline tn_status libc_attempt(tn_status (*f)(void *ctx), void *ctx, long k, bool *refused) {
  libc_requests = 0;
  libc_refused = k;
  tn_status status = f(ctx);
  *refused = libc_requests >= k;
  libc_refused = 0;
  return status;
}
#endif

#endif
