/* absent.h - models that should be there and are not, for one sentence. */
#ifndef SBNN_PARTS_ABSENT_H
#define SBNN_PARTS_ABSENT_H

#include "parts/task.h"
#include "sbnn.h"

/* Zero it first. */
typedef struct sbnn_absent {
  size_t n;
  char list[480]; /* the names of the first few */
} sbnn_absent;

void sbnn_absent_add(sbnn_absent *a, const sbnn_task *task);

/* SBNN_OK: none; else SBNN_BAD_INPUT names them. of: how many models there are. */
int sbnn_absent_check(const sbnn_absent *a, size_t of, sbnn_error *e);

#endif
