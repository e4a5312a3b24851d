/* atomic_file.h - a file that appears whole or not at all; part of tensor.h. Used for every file that the
 * library writes, and for any of your own.
 *
 * What is written goes to a new file beside `path`, whose name nobody can guess and which is created as such
 * (O_EXCL, O_NOFOLLOW). Closing it with `keep` flushes it to the disk, renames it to `path`, and flushes the
 * directory: after a crash there is the old file or the new one. A link at `path` is replaced, not followed.
 *
 * What cannot be replaced is written into: a device, a FIFO, a socket's end, and what the links of /dev and
 * /proc (/dev/stdout, /dev/fd/3) lead to, which is written to at its end.
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

/* Any thread, each its own; two that write to one path do not disturb each other: the last to close counts.
 */
typedef struct tn_atomic_file {
  FILE *stream; /* to be written to by any function of stdio, whose failures need not be looked at; NULL: not
                   open */
  int error;    /* errno of the first failure; 0: none. A caller may set it, and nothing is kept then */
  char *path, *temporary; /* temporary NULL: the file is written into */
} tn_atomic_file;

/* TN_EIO (f->error says why), TN_ENOMEM; f may then be closed, and need not be. */
TN_MUST_CHECK tn_status tn_atomic_open(tn_atomic_file *f, const char *path);

/* With `keep`: puts the file in place if all that was written has arrived, else TN_EIO and the place is as it
 * was. Without: throws it away (of what is written into, nothing more is written). Releases f but for
 * f->error. */
TN_MUST_CHECK tn_status tn_atomic_close(tn_atomic_file *f, bool keep);

/* Would it be written into rather than replaced? */
bool tn_atomic_writes_into(const char *path);

/* n bytes as a file; errno says why it is TN_EIO. */
TN_MUST_CHECK tn_status tn_atomic_write(const char *path, const void *data, size_t n);

#ifdef __cplusplus
}
#endif

#endif
