/* session.h - one run of a command that makes models, whether whole, resumed, a shard or a rank: its data and its
 * directory are open, what it finishes is kept. write_results.h ends it. Threads: one, but for the progress. */
#ifndef SBNN_SESSION_H
#define SBNN_SESSION_H

#include "options/options.h"
#include "output/outdir.h"
#include "parts/parts.h"
#include "parts/shard.h"
#include "progress.h"
#include "results/results.h"
#include "training/cost.h"
#include "training/model.h"
#include "verdict/verdict.h"

/* From the options to the files. */
typedef struct sbnn_session {
  const sbnn_options *options;
  const sbnn_dataset *data; /* borrowed */
  sbnn_outdir *out;
  sbnn_parts *parts; /* what is finished; NULL: nothing is kept (demo) */
  sbnn_shard shard;  /* n 0: the whole command */
  bool complete;     /* all models are there: the results can be written */
  sbnn_progress *progress;
  double start, reading; /* clock at the start; seconds spent on reading tables */
  double models;         /* seconds from the first model's start to the last one's end */
  char **notes;          /* [n_notes] a sentence each on what was done otherwise than asked: for run.json */
  size_t n_notes;
} sbnn_session;

/* Opens o->out, reads the data set, and calls `run` on it unless its results are complete already. What is
 * finished when a signal comes is kept. */
int sbnn_session_run(sbnn_session *session, int (*run)(sbnn_session *session, sbnn_error *e), sbnn_error *e);

/* Takes the sentence over (NULL: none), says it on stderr unless --quiet, and keeps it for run.json. */
void sbnn_session_note(sbnn_session *session, char *sentence);

/* The last words of a shard of a command of n models. */
void sbnn_session_say_shard(const sbnn_session *session, size_t n);

/* Tells the progress of an epoch of a model that is called `title` and has these options. Any thread. */
void sbnn_session_epoch(const sbnn_session *session, const sbnn_model_options *o, const char *title,
                        const sbnn_epoch *epoch);

#endif
