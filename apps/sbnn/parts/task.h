/* task.h - the unit of work of the commands that train: one model on one set of cells. Pure; any thread. */
#ifndef SBNN_PARTS_TASK_H
#define SBNN_PARTS_TASK_H

/* A field that is 0 does not tell tasks of the command apart. Within one command no two tasks are equal. */
typedef struct sbnn_task {
  const char *model; /* "sbnn", "sbnn-nopretrain", "sbnn-denoise"; borrowed */
  int fold;          /* that is tested, from 1; 0: none, as for all cells */
  double penalty;    /* path: --lasso of this model; 0 where it is found from the number of genes */
  int width;         /* path: units of the bottleneck */
  int restart;       /* stability: from 1 */
} sbnn_task;

enum { SBNN_TASK_NAME = 128 };

/* The same name for the same task in every version: "sbnn-fold-3", "sbnn-width-2-penalty-0.1-fold-3",
 * "sbnn-restart-4", "sbnn-width-2-all". Tasks that differ have names that differ; it is a file's name. */
void sbnn_task_name(const sbnn_task *t, char name[SBNN_TASK_NAME]);

#endif
