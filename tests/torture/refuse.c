/* refuse.c - loaded before all else (LD_PRELOAD): counts the requests for memory of a program, its libraries and
 * the processes it starts, and refuses the one whose number is in TORTURE_REFUSE. The count is in the 8 bytes of
 * the file TORTURE_COUNT. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static atomic_long *count;
static long refused, last;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("TORTURE_COUNT"), *at = getenv("TORTURE_REFUSE"),
             *until = getenv("TORTURE_UNTIL");
  if (!path || !at) return;
  int fd = open(path, O_RDWR | O_CLOEXEC);
  void *p = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (fd >= 0) close(fd);
  refused = atol(at);
  last = until ? atol(until) : refused;
  if (p != MAP_FAILED) count = p;
}

static int is_refused(void) {
  if (!count) return 0;
  const long now = atomic_fetch_add(count, 1) + 1;
  if (!refused || now < refused || now > last) return 0;
  errno = ENOMEM;
  return 1;
}

void *malloc(size_t n) { return is_refused() ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t size) { return is_refused() ? NULL : __libc_calloc(n, size); }
void *realloc(void *p, size_t n) { return n && is_refused() ? NULL : __libc_realloc(p, n); }
void *memalign(size_t alignment, size_t n) { return is_refused() ? NULL : __libc_memalign(alignment, n); }
void *aligned_alloc(size_t alignment, size_t n) { return memalign(alignment, n); }

int posix_memalign(void **p, size_t alignment, size_t n) {
  if (is_refused()) return ENOMEM;
  void *q = __libc_memalign(alignment, n);
  if (q) *p = q;
  return q ? 0 : ENOMEM;
}
