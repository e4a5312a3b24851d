/* absent.c - see absent.h. */
#include "parts/absent.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN = 8 };

void sbnn_absent_add(sbnn_absent *a, const sbnn_task *task) {
  char name[SBNN_TASK_NAME];
  size_t used = strlen(a->list);
  if (a->n++ >= SHOWN) return;
  sbnn_task_name(task, name);
  snprintf(a->list + used, sizeof a->list - used, "%s%.50s", used ? ", " : "", name);
}

int sbnn_absent_check(const sbnn_absent *a, size_t of, sbnn_error *e) {
  if (a->n == 0) return SBNN_OK;
  return sbnn_fail(e, SBNN_BAD_INPUT,
                   "%zu of %zu models are missing from the folders: %s%s; compute their shards, or add "
                   "--resume to train them now",
                   a->n, of, a->list, a->n > SHOWN ? ", ..." : "");
}
