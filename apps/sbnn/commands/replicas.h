/* replicas.h - many models, each with its own options and cells, trained side by side: folds, penalties,
 * restarts. Each is a task, whose part is kept (parts/parts.h): an interrupted command with --resume
 * trains only those that are missing. Whatever the number of threads, results and reported failure are the
 * same. */
#ifndef SBNN_REPLICAS_H
#define SBNN_REPLICAS_H

#include "commands/room_options.h"
#include "commands/session.h"
#include "training/crossval.h"

/* One model to be trained: the caller sets everything but `error` and what training leaves in `experiment`.
 * Pointers are borrowed. */
typedef struct sbnn_replica {
  sbnn_model_options model;
  sbnn_matrices_options matrices;
  const sbnn_shared *shared;   /* NULL: everything is fitted on the training cells */
  sbnn_cells cells;            /* training rows in random order; n_test 0: none */
  bool by_batch, may_be_empty; /* see sbnn_training */
  uint32_t number;             /* of the random numbers: the fold */
  sbnn_task task;              /* which one it is: no two are equal */
  char title[48];              /* with experiment.fold: what progress calls it */
  char where[96];              /* what the sentence of a failure begins with: "fold 3"; "" = nothing */
  bool there;                  /* merge has read it; the caller leaves it false */
  sbnn_experiment experiment;  /* `model` and `fold` are the caller's; the caller frees */
  sbnn_error error;
} sbnn_replica;

/* Trains those that no part holds, on w->options->threads threads, with progress on stderr. The predictions
 * come in the responses' own units: of the test cells, or of the training cells if there are none. The first
 * failure by position is what `e` says. With --shard only the shard's models are trained: w->complete stays false, and the
 * caller must not use the others' experiments. */
int sbnn_replicas_run(sbnn_session *session, sbnn_replica *r, size_t n, sbnn_error *e);

/* The model of fold `fold` (from 0) with these options: everything of a replica but title; of the
 * task, model and fold. */
sbnn_replica sbnn_replica_of_fold(const sbnn_crossval *c, const sbnn_options *o, bool pretrain, size_t fold);

#endif
