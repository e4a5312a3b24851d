/* failing_calls.h - calls of the C library, and the library's requests for memory, of which one can be made to fail: each place that
 * calls fails once, in one attempt after another, in this process or in one that it forks. Included by one file of a test.
 * FAILING_CALLS: where that works, with the GNU C library and without a sanitizer, which has calls of its own. */
#ifndef FAILING_CALLS_H
#define FAILING_CALLS_H

#include "sbnn.h"

#if defined(__GLIBC__) && !defined(NABLA_SANITIZED)
#define FAILING_CALLS 1

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of memory few callers tell a place, for the library asks for it in many ways; where little is inlined, more. */
#ifdef NABLA_COVERAGE
enum { FAILING_FRAMES = 9, FAILING_FRAMES_OF_MEMORY = 8 };
#else
enum { FAILING_FRAMES = 6, FAILING_FRAMES_OF_MEMORY = 4 };
#endif
enum { FAILING_PLACES = 1 << 14 };

/* Shared by the processes. */
typedef struct failing {
  bool armed, fired; /* at most one call of an attempt fails */
  size_t n;
  uint64_t places[FAILING_PLACES]; /* that have failed */
  char name[32];                   /* the call that failed last */
} failing;
static failing *failing_state;
static bool failing_over; /* this process writes its counts of coverage and ends */

static inline void failing_start(void) {
  void *frame[FAILING_FRAMES];
  backtrace(frame, FAILING_FRAMES); /* loads what it needs */
  failing_state =
      mmap(NULL, sizeof *failing_state, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (failing_state == MAP_FAILED) abort();
}

/* Who calls, and who called that. */
static uint64_t failing_place(int error) {
  void *frame[FAILING_FRAMES];
  const int n = backtrace(frame, error == ENOMEM ? FAILING_FRAMES_OF_MEMORY : FAILING_FRAMES);
  uint64_t place = 14695981039346656037u;
  for (int i = 2; i < n; i++) place = (place ^ (uintptr_t)frame[i]) * 1099511628211u;
  return place;
}

/* LLVM's OpenMP ends the process where a call of its own fails. */
static bool failing_is_of_openmp(void) {
  void *frame[4]; /* this function, failing_now, the call, who calls */
  Dl_info info;
  return backtrace(frame, 4) == 4 && dladdr(frame[3], &info) && info.dli_fname &&
         strstr(info.dli_fname, "libomp");
}

static bool failing_now(const char *name, int error) {
  failing *f = failing_state;
  static __thread bool within;
  if (!f || !f->armed || f->fired || failing_over || within) return false;
  within = true;
  const uint64_t place = failing_place(error);
  bool fails = f->n < FAILING_PLACES && !failing_is_of_openmp();
  for (size_t i = 0; i < f->n && fails; i++) fails = f->places[i] != place;
  if (fails) {
    f->fired = true;
    f->places[f->n++] = place;
    snprintf(f->name, sizeof f->name, "%s", name);
    errno = error;
  }
  within = false;
  return fails;
}

/* POSIX lets an address of data be one of a function; C does not. */
static void failing_find(const char *name, void *function) {
  void *found = dlsym(RTLD_NEXT, name);
  if (!found) abort();
  memcpy(function, &found, sizeof found);
}

#define FAILING(type, failure, error, name, parameters, arguments)                                           \
  type name parameters {                                                                                     \
    static type(*next) parameters;                                                                           \
    if (!next) failing_find(#name, (void *)&next);                                                           \
    return failing_now(#name, error) ? (failure) : next arguments;                                           \
  }

/* ---- memory: what the library asks for ---- */

void *__libc_memalign(size_t alignment, size_t bytes);
void *aligned_alloc(size_t alignment, size_t bytes) {
  if (!failing_now("aligned_alloc", ENOMEM)) return __libc_memalign(alignment, bytes);
  atomic_store(&sbnn_memory_refused, true); /* as the program's own malloc does: refused.c */
  return NULL;
}

/* ---- streams ---- */

static void failing_mark(FILE *f) { f->_flags |= 0x20; } /* what ferror looks at */

FAILING(FILE *, NULL, EMFILE, fopen, (const char *path, const char *how), (path, how))
FAILING(FILE *, NULL, ENOMEM, fdopen, (int fd, const char *how), (fd, how))
FAILING(int, -1, EIO, fseeko, (FILE * f, off_t at, int from), (f, at, from))

size_t fread(void *to, size_t size, size_t n, FILE *f) {
  static size_t (*next)(void *, size_t, size_t, FILE *);
  if (!next) failing_find("fread", (void *)&next);
  if (!failing_now("fread", EIO)) return next(to, size, n, f);
  failing_mark(f);
  return 0;
}

size_t fwrite(const void *from, size_t size, size_t n, FILE *f) {
  static size_t (*next)(const void *, size_t, size_t, FILE *);
  if (!next) failing_find("fwrite", (void *)&next);
  if (f == stderr || f == stdout || !failing_now("fwrite", ENOSPC)) return next(from, size, n, f);
  failing_mark(f);
  return 0;
}

int vfprintf(FILE *f, const char *format, va_list args) {
  static int (*next)(FILE *, const char *, va_list);
  if (!next) failing_find("vfprintf", (void *)&next);
  if (f == stderr || f == stdout || !failing_now("vfprintf", ENOSPC)) return next(f, format, args);
  failing_mark(f);
  return -1;
}

int fflush(FILE *f) {
  static int (*next)(FILE *);
  if (!next) failing_find("fflush", (void *)&next);
  if (!f || f == stderr || f == stdout || !failing_now("fflush", ENOSPC)) return next(f);
  failing_mark(f);
  return EOF;
}

int fclose(FILE *f) {
  static int (*next)(FILE *);
  if (!next) failing_find("fclose", (void *)&next);
  const bool fails = failing_now("fclose", EIO);
  const int code = next(f);
  if (!fails) return code;
  errno = EIO;
  return EOF;
}

/* ---- files ---- */

int open(const char *path, int flags, ...) {
  static int (*next)(const char *, int, ...);
  va_list args;
  if (!next) failing_find("open", (void *)&next);
  va_start(args, flags);
  const mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
  va_end(args);
  const size_t n = strlen(path);
  failing_over |= n > 5 && strcmp(path + n - 5, ".gcda") == 0;
  return failing_now("open", EACCES) ? -1 : next(path, flags, mode);
}

FAILING(int, -1, EACCES, access, (const char *path, int how), (path, how))
FAILING(int, -1, EACCES, faccessat, (int fd, const char *path, int how, int flags), (fd, path, how, flags))
FAILING(int, -1, EIO, fstat, (int fd, struct stat *s), (fd, s))
FAILING(int, -1, EIO, stat, (const char *path, struct stat *s), (path, s))
FAILING(int, -1, ENOSPC, mkdir, (const char *path, mode_t mode), (path, mode))
FAILING(int, -1, EIO, rename, (const char *from, const char *to), (from, to))
FAILING(int, -1, EIO, fsync, (int fd), (fd))
FAILING(int, -1, ENOTSUP, flock, (int fd, int how), (fd, how))
FAILING(DIR *, NULL, EMFILE, opendir, (const char *path), (path))
FAILING(ssize_t, -1, EIO, read, (int fd, void *to, size_t n), (fd, to, n))
FAILING(ssize_t, -1, EIO, pread, (int fd, void *to, size_t n, off_t at), (fd, to, n, at))
FAILING(ssize_t, -1, ENOSPC, pwrite, (int fd, const void *from, size_t n, off_t at), (fd, from, n, at))
FAILING(off_t, -1, EIO, lseek, (int fd, off_t at, int from), (fd, at, from))
FAILING(int, -1, EIO, ftruncate, (int fd, off_t n), (fd, n))
FAILING(void *, MAP_FAILED, ENOMEM, mmap, (void *p, size_t n, int allow, int how, int fd, off_t at),
        (p, n, allow, how, fd, at))

ssize_t write(int fd, const void *from, size_t n) {
  static ssize_t (*next)(int, const void *, size_t);
  if (!next) failing_find("write", (void *)&next);
  return fd > 2 && failing_now("write", ENOSPC) ? -1 : next(fd, from, n);
}

/* ---- processes ---- */

FAILING(int, -1, EMFILE, pipe2, (int fd[2], int flags), (fd, flags))
FAILING(int, -1, EMFILE, memfd_create, (const char *name, unsigned flags), (name, flags))
FAILING(int, -1, EMFILE, dup2, (int from, int to), (from, to))
FAILING(int, -1, ENOSYS, close_range, (unsigned from, unsigned to, int flags), (from, to, flags))
FAILING(pid_t, -1, EAGAIN, fork, (void), ())

#endif
#endif
