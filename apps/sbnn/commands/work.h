/* work.h - what commands share: opening the data and the directory, progress by epoch, the files at the end.
 */
#ifndef SBNN_WORK_H
#define SBNN_WORK_H

#include "options/options.h"
#include "output/outdir.h"
#include "parts/parts.h"
#include "parts/shard.h"
#include "progress.h"
#include "results/results.h"
#include "training/cost.h"
#include "training/model.h"
#include "verdict/verdict.h"

/* One command's work from options to files. */
typedef struct sbnn_work {
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
} sbnn_work;

/* The data set named by --x and --y, or --data, and --labels; for prep as it is, with what is missing.
 * Reports the overlap on stderr unless --quiet. */
int sbnn_read_data(const sbnn_options *o, sbnn_dataset *d, sbnn_error *e);

/* Opens o->out, reads the data set, and calls `run` on it unless its results are complete already. What is
 * finished when a signal comes is kept. */
int sbnn_work_run(sbnn_work *w, int (*run)(sbnn_work *w, sbnn_error *e), sbnn_error *e);

/* Takes the sentence over (NULL: none), says it on stderr unless --quiet, and keeps it for run.json. */
void sbnn_work_note(sbnn_work *w, char *sentence);

/* The last words of a shard of a command of n models. */
void sbnn_work_say_shard(const sbnn_work *w, size_t n);

/* Tells the progress of an epoch of a model that is called `title` and has these options. Any thread. */
void sbnn_work_epoch(const sbnn_work *w, const sbnn_model_options *o, const char *title,
                     const sbnn_epoch *epoch);

const char *sbnn_protocol_name(const sbnn_options *o); /* "strict", "paper" */

/* What a command writes besides run.json, and its last words; ctx is passed on. */
typedef struct sbnn_output {
  const void *ctx;
  int (*write)(const void *ctx, const char *directory, sbnn_error *e);
  int (*draw)(const void *ctx, const char *figures,
              sbnn_error *e); /* NULL: no pictures; in a process of its own */
  void (*print)(const void *ctx, FILE *to);
  bool weights;                /* does it leave a model */
  const sbnn_verdict *verdict; /* NULL: what the results say */
} sbnn_output;

/* Writes the output (NULL: tables, pictures and summary of train and cv) and run.json, commits the directory,
 * prints the last words and where things are. w->out is released. SBNN_PARTIAL: all but the pictures, whose
 * drawing crashed. */
int sbnn_work_finish(sbnn_work *w, const sbnn_results *r, const sbnn_output *output, sbnn_error *e);

#endif
