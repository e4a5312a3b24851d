/* task.c - see task.h. */
#include "parts/task.h"

#include <stdio.h>
#include <stdlib.h>

/* With as few digits as tell it from all others. */
static void print_penalty(double penalty, char *text, size_t room) {
  for (int digits = 1; digits <= 17; digits++) {
    snprintf(text, room, "-penalty-%.*g", digits, penalty);
    if (strtod(text + sizeof "-penalty-" - 1, NULL) == penalty) return;
  }
}

void sbnn_task_name(const sbnn_task *t, char name[SBNN_TASK_NAME]) {
  char width[24] = "", penalty[40] = "", restart[24] = "", cells[24] = "";
  if (t->width) snprintf(width, sizeof width, "-width-%d", t->width);
  if (t->penalty > 0) print_penalty(t->penalty, penalty, sizeof penalty);
  if (t->restart) snprintf(restart, sizeof restart, "-restart-%d", t->restart);
  if (t->fold) snprintf(cells, sizeof cells, "-fold-%d", t->fold);
  else if (!t->restart) snprintf(cells, sizeof cells, "-all");
  snprintf(name, SBNN_TASK_NAME, "%.15s%s%s%s%s", t->model, width, penalty, restart, cells);
}
