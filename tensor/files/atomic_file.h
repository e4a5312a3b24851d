/* atomic_file.h - a file that appears whole or not at all; part of tensor.h. Used for every file that the
 * library writes, and for any of your own.
 *
 * Data go to a new file beside `path`, whose name cannot be guessed (created with O_EXCL and O_NOFOLLOW).
 * Closing it with `keep` flushes it to the disk, renames it to `path`, and flushes the directory: after a
 * crash there is the old file or the new one. A link at `path` is replaced, not followed.
 *
 * Some targets are written into, not replaced: a device, a FIFO, a socket, and the target of a link in /dev
 * or /proc (/dev/stdout, /dev/fd/3), which is appended to.
 *
 *   tn_atomic_file f;
 *   tn_status status = tn_atomic_open(&f, "scores.txt");
 *   if (status == TN_OK) fprintf(f.stream, "%g\n", score);
 *   status = tn_atomic_close(&f, true);
 *   if (status != TN_OK) fprintf(stderr, "scores.txt: %s\n", strerror(f.error)); */
#ifndef NABLA_ATOMIC_FILE_H
#define NABLA_ATOMIC_FILE_H

#include "../tensor.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Threads: each needs a tn_atomic_file of its own. Two may write to one path; the one that is closed last
 * remains. */
typedef struct tn_atomic_file {
  FILE *stream; /* write to it by any function of stdio; their results need no check. NULL: not open */
  int error;    /* errno of the first failure; 0: none. If the caller sets it, nothing is kept */
  char *path, *temporary; /* temporary NULL: the file is written into */
} tn_atomic_file;

/* TN_EIO (f->error says why), TN_ENOMEM; after a failure f need not be closed. */
TN_MUST_CHECK tn_status tn_atomic_open(tn_atomic_file *f, const char *path);

/* With `keep`: puts the file in place if every write has succeeded; else TN_EIO, and `path` is as it was.
 * Without: discards the file (a target that is written into gets nothing more). Releases all of f but
 * f->error. */
TN_MUST_CHECK tn_status tn_atomic_close(tn_atomic_file *f, bool keep);

/* True if `path` would be written into, not replaced. */
bool tn_atomic_writes_into(const char *path);

/* Writes n bytes as a file. TN_EIO: errno says why. */
TN_MUST_CHECK tn_status tn_atomic_write(const char *path, const void *data, size_t n);

#ifdef __cplusplus
}
#endif

#endif
