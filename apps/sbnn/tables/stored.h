/* stored.h - the results in a directory, as far as the figures need them, from its tables. */
#ifndef SBNN_TABLES_STORED_H
#define SBNN_TABLES_STORED_H

#include "results/results.h"

/* Owns everything that `results` points to; sbnn_stored_free. Of the data set there are names and labels
 * only; genes are those kept; cells are in the order of the tables. Values were rounded to 9 digits: those of
 * the network, which are floats, come back exactly. */
typedef struct sbnn_stored {
  sbnn_dataset data;
  sbnn_experiment *experiments;
  sbnn_srrr_mean *path, *levels;
  sbnn_results results;
} sbnn_stored;

/* Reads history.tsv and metrics.tsv, or srrr.tsv; and, where `train` or `srrr` left them, latent.tsv,
 * overlays.tsv, measured.tsv and labels.tsv.
 * On failure *s is all zero. SBNN_BAD_INPUT with one sentence. */
int sbnn_stored_read(const char *directory, sbnn_stored *s, sbnn_error *e);
/* Of any results with a latent.tsv: that, in experiment 0, and labels.tsv if it is there. Errors likewise. */
int sbnn_stored_read_latent(const char *directory, sbnn_stored *s, sbnn_error *e);

/* Takes the levels to draw beside the curves from what `srrr` left in a directory. Once. SBNN_BAD_INPUT. */
int sbnn_stored_compare(const char *directory, sbnn_stored *s, sbnn_error *e);
void sbnn_stored_free(sbnn_stored *s); /* leaves *s all zero */

#endif
