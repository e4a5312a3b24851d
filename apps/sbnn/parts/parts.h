/* parts.h - what an unfinished run has finished: whole tasks, and phases of train's one task, each as a file
 * (part.h) in DIR/.incoming/resume until the results are in place; --resume takes them up. A build without
 * jansson keeps none. Threads: parts of different tasks may be stored and loaded at once. */
#ifndef SBNN_PARTS_PARTS_H
#define SBNN_PARTS_PARTS_H

#include "nn/nn.h"
#include "output/outdir.h"
#include "parts/task.h"
#include "results/experiment.h"

#include <stdbool.h>

typedef struct sbnn_parts sbnn_parts;

/* Begins with none, or with those that are in a directory that was opened for resuming. key: all that the
 * results depend on, in lines "name=value". SBNN_FAILED: the parts are of a run with another key (what
 * differs is named). *done: opened for resuming, but the results of just this run are complete already;
 * nothing is opened then. */
int sbnn_parts_open(sbnn_outdir *out, const char *key, sbnn_parts **parts, bool *done, sbnn_error *e);

/* The same in a folder of shards (commands/shards.h), which others may write to meanwhile: parts with this key that are
 * there count. SBNN_FAILED: it holds those of another key. */
int sbnn_parts_open_shard(const char *folder, const char *key, sbnn_parts **parts, sbnn_error *e);

/* The same as one of several processes: folder and key file are those that another process has opened. SBNN_FAILED: the folder
 * is not there, as on a file system that machines do not share, or the key differs. */
int sbnn_parts_join(const char *folder, const char *key, sbnn_parts **parts, sbnn_error *e);
void sbnn_parts_close(sbnn_parts *p); /* the files stay; NULL is allowed */

/* Has the folder of shards the key of these parts? SBNN_BAD_INPUT names what differs. */
int sbnn_parts_check_key(const sbnn_parts *p, const char *folder, sbnn_error *e);

/* Is there a file of the whole task in a folder of shards, be it good or bad? */
bool sbnn_parts_in_folder(const char *folder, const sbnn_task *task);

/* Of the whole task, from a folder of shards: fills x. False: there is none. SBNN_BAD_INPUT in e->code: it is damaged or of
 * another run. */
bool sbnn_parts_take(const sbnn_parts *p, const char *folder, const sbnn_task *task, sbnn_experiment *x,
                     sbnn_error *e);

/* 16 hexadecimal digits that stand for the key. */
const char *sbnn_parts_key(const sbnn_parts *p);

const char *sbnn_parts_folder(const sbnn_parts *p); /* borrowed */

/* After other processes have stored parts: counts them; waits for that of a task to be seen here, as long as a file system
 * may take that several machines share. False: it does not come. */
void sbnn_parts_recount(sbnn_parts *p, const sbnn_outdir *out);
bool sbnn_parts_wait(const sbnn_parts *p, const sbnn_task *task);

bool sbnn_parts_any(const sbnn_parts *p); /* p may be NULL here and below: nothing is kept */

/* phase: that has ended, as in part.h; NULL: the whole task. */
bool sbnn_parts_has(const sbnn_parts *p, const sbnn_task *task, const char *phase);

/* The experiment so far, and the values of `state` (NULL: none). SBNN_FAILED: it cannot be written. */
int sbnn_parts_store(sbnn_parts *p, const sbnn_task *task, const char *phase, const sbnn_experiment *x,
                     const nn_state *state, sbnn_error *e);

/* Fills x and the values of `state` by name. False: there is none, x and state are as before. One that
 * sbnn_part_read refuses is told of on stderr and removed. */
bool sbnn_parts_load(sbnn_parts *p, const sbnn_task *task, const char *phase, sbnn_experiment *x,
                     nn_state *state);

/* A task that is no network, as tensors of its own (part.h). folder NULL: of these parts; else a folder of shards. Opening
 * gives NULL if there is none; then e->code SBNN_BAD_INPUT says that it is damaged or of another run. */
int sbnn_parts_store_tensors(sbnn_parts *p, const sbnn_task *task, const nn_tensor *tensors, size_t n,
                             sbnn_error *e);
nn_tensor_file *sbnn_parts_open_tensors(const sbnn_parts *p, const char *folder, const sbnn_task *task,
                                        sbnn_error *e);

/* After an interrupt or a failure: if there are parts, says in `e` how to go on. A shard needs no --resume. */
void sbnn_parts_explain(const sbnn_parts *p, sbnn_error *e);
void sbnn_parts_explain_shard(const sbnn_parts *p, sbnn_error *e);

#endif
