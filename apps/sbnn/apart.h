/* apart.h - work that may take its process down, by libraries that abort, crash or wait for ever where memory is
 * refused: in a child process, a copy of the caller. Other than in sandbox.h its input is ours, so it may open
 * and write files; only what it leaves in files and its sentence come back.
 * Threads: the child is a copy of the calling thread alone, so the work may not use OpenMP or wait for another
 * thread. */
#ifndef SBNN_APART_H
#define SBNN_APART_H

#include "sbnn.h"

#include <stdbool.h>

/* Runs work(ctx, e) in a child, and once more if that did not come to its end: what stopped it may be gone. The
 * work must give the same files when it is repeated. Its exit code and sentence are the caller's. `why`, of
 * at least 128 bytes, says why it did not end ("Segmentation fault"), with SBNN_FAILED, or is empty.
 * SBNN_INTERRUPTED: by the user. Where no child can be started the work is done here. */
int sbnn_apart(int (*work)(const void *ctx, sbnn_error *e), const void *ctx, char *why, sbnn_error *e);

enum { SBNN_APART_SECONDS = 300 }; /* the child's whole life; more is a hang */

#endif
