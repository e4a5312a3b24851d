/* progress.h - where a long run is: one updating line on a terminal, a plain line now and then elsewhere.
 * On a terminal: bar, models done, phase and epoch of the models under way, last R2, time left. Elsewhere (or
 * with TERM=dumb) one line per finished model, or per finished phase when there is only one model. No
 * colours. Threads: all functions but new and free may be called from any thread at once. A NULL progress is
 * silent. */
#ifndef SBNN_PROGRESS_H
#define SBNN_PROGRESS_H

#include "sbnn.h"

#include <stdbool.h>
#include <stdio.h>

typedef struct sbnn_progress sbnn_progress;

/* Strings are static or outlive the progress. */
typedef struct sbnn_progress_step {
  const char *model; /* "sbnn", "sbnn-nopretrain" */
  int fold;          /* from 1; 0: the whole data set */
  const char *phase;
  int epoch, epochs; /* epoch just finished, from 1; of how many in this phase */
  double units;      /* work it took, in the unit of total_units: weights x cells, say */
  const char *score; /* what `value` is: "R2", "accuracy" */
  double value;      /* NaN: not shown */
} sbnn_progress_step;

/* total_units: the work of all models; n_models: how many will report model_done; quiet: no output at all. */
sbnn_progress *sbnn_progress_new(FILE *to, double total_units, int n_models, bool quiet);

void sbnn_progress_epoch(sbnn_progress *p, const sbnn_progress_step *step);

/* Work that was done elsewhere, in the unit of total_units. */
void sbnn_progress_add(sbnn_progress *p, double units);

/* The model is finished; `sentence` ("test R2 0.398, 25 genes, 8 s") ends its line; may be NULL. */
void sbnn_progress_model_done(sbnn_progress *p, const char *model, int fold, const char *sentence);

/* Takes the updating line off the terminal. */
void sbnn_progress_free(sbnn_progress *p);

#endif
