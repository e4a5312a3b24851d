/* sandbox.h - work on files that nobody vouches for, by libraries that are not ours, in a child process: with
 * limits on memory and time, without a network, without opening or writing files where the system can forbid
 * that (seccomp). Results come back through shared memory. Whatever becomes of the child, the caller gets an
 * exit code and one sentence.
 * Threads: several may run sandboxes at once; the child is a copy of the calling thread alone, so its work may
 * not use OpenMP or wait for another thread. */
#ifndef SBNN_SANDBOX_H
#define SBNN_SANDBOX_H

#include "sbnn.h"

#include <stdbool.h>
#include <stddef.h>

/* Memory that the child fills and the caller reads afterwards. */
typedef struct sbnn_sandbox_output {
  int fd;              /* the child's; -1: none */
  unsigned char *data; /* the caller's: n bytes, read-only; NULL: nothing was written */
  size_t n;
} sbnn_sandbox_output;

typedef struct sbnn_sandbox {
  const char *path; /* the file concerned, for sentences; opened by the caller's process */
  const char
      *copy; /* opened in its place, for reading and writing: a copy that the work adds to; NULL: none */
  const char *library; /* who reads it, for sentences: "the HDF5 library" */
  size_t memory;       /* bytes that the work may take; 0: half of the machine's */
  unsigned seconds;    /* of CPU; 0: an hour */
} sbnn_sandbox;

/* What a bounded reading of a file may take: enough for numbers compressed as far as deflate can, never more
 * than half of the machine's memory. */
size_t sbnn_sandbox_memory(size_t file_bytes);

/* Runs work(ctx, fd, out, e) in a child; fd is the file, open for reading. The child's exit code and sentence
 * are the caller's; what it wrote to `out` is there if it returned SBNN_OK. SBNN_BAD_INPUT: `path` is no
 * regular file that can be opened; the work crashed or met a limit. SBNN_FAILED: no child could be started.
 * SBNN_INTERRUPTED: by the user; the child is gone. Call sbnn_sandbox_free in any case. */
int sbnn_sandbox_run(const sbnn_sandbox *s,
                     int (*work)(void *ctx, int fd, sbnn_sandbox_output *out, sbnn_error *e), void *ctx,
                     sbnn_sandbox_output *out, sbnn_error *e);

/* For the work: appends n bytes. SBNN_FAILED: there is no memory. */
int sbnn_sandbox_write(sbnn_sandbox_output *out, const void *bytes, size_t n, sbnn_error *e);

void sbnn_sandbox_free(sbnn_sandbox_output *out); /* leaves *out empty */

/* For the fuzzing of what runs in the child: called in it before and after the work, and in the caller when it
 * has ended, with its status as of waitpid. NULL: nothing. */
typedef struct sbnn_sandbox_watch {
  void (*begins)(void), (*ends)(void), (*ended)(int status);
} sbnn_sandbox_watch;
extern const sbnn_sandbox_watch *sbnn_sandbox_watched;

/* Sanitizers reserve terabytes of addresses and open files for their reports: 1 in builds with them, which go
 * without limits on memory and without filters. */
#if defined(__SANITIZE_ADDRESS__)
#define SBNN_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SBNN_SANITIZED 1
#endif
#endif
#ifndef SBNN_SANITIZED
#define SBNN_SANITIZED 0
#endif

/* 1 in builds that count branches: a child writes its counts when it ends, so it goes without a filter, and its
 * limits are soft ones. */
#ifdef NABLA_COVERAGE
#define SBNN_COUNTED 1
#else
#define SBNN_COUNTED 0
#endif

/* sandbox_filter.c: forbids this process all system calls but those of computing, of reading what is open and
 * of writing to shared memory. No error where the system has no such filters. */
void sbnn_sandbox_filter(void);

#endif
