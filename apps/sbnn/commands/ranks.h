/* ranks.h - the models of one command, shared by the processes that mpirun started.
 *
 * Process 0 is the command: it opens --out, gives the next model to whoever is free, itself too, and writes the results. The
 * others read the data themselves, train what they are given, and leave each model as a part in the folder of the unfinished
 * run, so whatever happens --resume goes on. Only those parts hold results; messages say which model is next. In each process
 * the main thread talks and others train. A process that does not answer ends the run. */
#ifndef SBNN_COMMANDS_RANKS_H
#define SBNN_COMMANDS_RANKS_H

#include "options/options.h"
#include "parts/parts.h"

#include <stdatomic.h>

typedef struct sbnn_ranks sbnn_ranks;

/* Has mpirun started this process? Then o->ranks stands for all of them, and all but process 0 are quiet; else it is NULL.
 * SBNN_USAGE: mpirun has started several and they cannot share the command: this build has no MPI, or the command does not
 * divide. */
int sbnn_ranks_open(sbnn_options *o, sbnn_error *e);

/* After the command, with its exit code and what it failed of; gives that of process 0, which has said its sentence. Does not
 * return if a process is lost. NULL is allowed. */
int sbnn_ranks_close(sbnn_ranks *r, int code, const sbnn_error *e);

/* Does another process that mpirun has started speak for this one? Not if each has a shard. */
bool sbnn_ranks_silent(int argc, char **argv);

bool sbnn_ranks_first(const sbnn_ranks *r); /* process 0, or no ranks at all */

/* Process 0: --out is open, so the others may read the data; later, the parts are in that folder. */
void sbnn_ranks_begin(sbnn_ranks *r);
void sbnn_ranks_announce(sbnn_ranks *r, const char *folder);

/* The others: wait for that. Not SBNN_OK: process 0 ended before (e has no text), or SBNN_INTERRUPTED. The folder is
 * borrowed. */
int sbnn_ranks_wait_begin(sbnn_ranks *r, sbnn_error *e);
int sbnn_ranks_wait_folder(sbnn_ranks *r, const char **folder, sbnn_error *e);

/* Independent models, numbered. compute may be called by any thread; what it finishes is a part. */
typedef struct sbnn_models {
  int64_t n;
  tn_status (*compute)(void *ctx, int64_t i);
  tn_status (*take)(void *ctx, int64_t i);    /* process 0: reads what another has computed */
  sbnn_error *(*error)(void *ctx, int64_t i); /* where both say what failed */
  void *ctx;
  atomic_llong first_failed; /* the lowest model that has failed so far: later ones are pointless */
} sbnn_models;

/* Computes all models on so many threads; with ranks, in all processes: each calls it with the same models. Process 0 has all
 * of them afterwards, by compute or by take. TN_ESTOPPED: some failed, as `error` says, or a process did, as e says. */
tn_status sbnn_models_run(sbnn_ranks *r, sbnn_models *m, int threads, sbnn_error *e);

/* For compute, when model i has failed. After that nobody needs the later ones; the earlier ones go on, so the failure that is
 * reported does not depend on threads. */
void sbnn_models_failed(sbnn_models *m, int64_t i);

static inline bool sbnn_models_pointless(sbnn_models *m, int64_t i) {
  return i > atomic_load(&m->first_failed);
}

#endif
