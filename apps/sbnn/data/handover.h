/* handover.h - tables, labels and texts through the memory that a sandbox shares (sandbox.h): written by the
 * child, checked and taken by the caller. Internal to data/. Threads: as sandbox.h. */
#ifndef SBNN_DATA_HANDOVER_H
#define SBNN_DATA_HANDOVER_H

#include "data/ids.h"
#include "data/table.h"
#include "sandbox.h"

/* What the work has read; whichever the caller wants. */
typedef struct sbnn_handover {
  sbnn_table *table;
  sbnn_labels *labels;
  sbnn_strings *texts;
} sbnn_handover;

/* Runs `work` on the file of s->path in a sandbox. It fills what `result` points to, all zero before, in the
 * child; here it is filled from what the child hands over. The numbers of a table stay where they are, shared:
 * sbnn_table_free lets go of them. Errors of sbnn_sandbox_run; SBNN_BAD_INPUT: what came makes no sense. */
int sbnn_read_sandboxed(const sbnn_sandbox *s,
                        int (*work)(void *ctx, int fd, const sbnn_handover *result, sbnn_error *e), void *ctx,
                        const sbnn_handover *result, sbnn_error *e);

#endif
