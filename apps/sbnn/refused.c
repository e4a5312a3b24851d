/* refused.c - notices that memory was refused, to whomever: libraries that draw, read and write for us go on
 * without what they wanted to keep, a letter of a picture, a field of a file, and say nothing. The program's
 * malloc is the one that all of them call; it passes on what the next one says. Linked into the program only,
 * with glibc, and without sanitizers, which have a malloc of their own. */
#include "sandbox.h"
#include "sbnn.h"

#if defined(__GLIBC__) && !SBNN_SANITIZED
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
void *__libc_memalign(size_t alignment, size_t n);
void *memalign(size_t alignment, size_t n);

typedef void *allocate(size_t n);
typedef void *allocate_zeroed(size_t n, size_t size);
typedef void *allocate_again(void *p, size_t n);
typedef void *allocate_aligned(size_t alignment, size_t n);

/* Those of libc until it is known what comes next: asking for it may want memory. */
static struct {
  allocate *plain;
  allocate_zeroed *zeroed;
  allocate_again *again;
  allocate_aligned *aligned;
} next = {__libc_malloc, __libc_calloc, __libc_realloc, __libc_memalign};

/* POSIX lets an address of data be one of a function; C does not. */
static bool find(const char *name, void *function) {
  void *found = dlsym(RTLD_NEXT, name);
  if (found) memcpy(function, &found, sizeof found);
  return found;
}

__attribute__((constructor)) static void find_next(void) {
  allocate *plain = NULL;
  if (!find("malloc", &plain)) return;
  next.plain = plain;
  find("calloc", &next.zeroed), find("realloc", &next.again), find("memalign", &next.aligned);
}

static void *noticed(void *p, size_t n) {
  if (p || !n) return p;
  atomic_store_explicit(&sbnn_memory_refused, true, memory_order_relaxed);
  if (sbnn_on_refusal) sbnn_on_refusal();
  return p;
}

void *malloc(size_t n) { return noticed(next.plain(n), n); }
void *calloc(size_t n, size_t size) { return noticed(next.zeroed(n, size), n && size); }
void *realloc(void *p, size_t n) { return noticed(next.again(p, n), n); }
void *memalign(size_t alignment, size_t n) { return noticed(next.aligned(alignment, n), n); }
void *aligned_alloc(size_t alignment, size_t n) { return memalign(alignment, n); }

int posix_memalign(void **p, size_t alignment, size_t n) {
  void *q = memalign(alignment, n);
  if (q || !n) *p = q;
  return q || !n ? 0 : ENOMEM;
}
#endif
