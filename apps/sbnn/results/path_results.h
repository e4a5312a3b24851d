/* path_results.h - the files of `sbnn path`: tables and pictures; formats in docs/output.md. */
#ifndef SBNN_RESULTS_PATH_RESULTS_H
#define SBNN_RESULTS_PATH_RESULTS_H

#include "results/results.h"

#include <stdio.h>

/* One width and one penalty. All borrowed. */
typedef struct sbnn_path_setting {
  int bottleneck;
  double lambda;                /* mean over folds, where it was found for a number of genes */
  const sbnn_experiment *folds; /* [n_folds] */
  const sbnn_experiment *whole; /* trained on all cells */
} sbnn_path_setting;

typedef struct sbnn_path_results {
  const sbnn_dataset *data;
  size_t n_settings, n_penalties, n_folds; /* n_penalties: of each width */
  const sbnn_path_setting *settings;       /* by width, then by penalty */
} sbnn_path_results;

/* path.tsv, path_folds.tsv, path_curves.tsv, path_norms.tsv in `directory`. SBNN_FAILED with one sentence
 * (I/O). */
int sbnn_write_path_tables(const char *directory, const sbnn_path_results *r, sbnn_error *e);

/* Into `directory`, as .png, .svg and .pdf:
 *   path_curves  R2 by epoch, mean over folds, one curve per setting (figure S9)
 *   path_norms   sorted norms of the genes before pruning, all cells, log scale, one line per setting (S9)
 *   path_widths  final R2 by width, mean and sd over folds, one line per penalty; with two widths or more
 * Of more settings than SBNN_PATH_CURVES the first ones are drawn. Nothing in a build without cairo. */
enum { SBNN_PATH_CURVES = 12 };
int sbnn_write_path_pictures(const char *directory, const sbnn_path_results *r, sbnn_error *e);

/* The table as a command's last words. */
void sbnn_print_path(FILE *to, const sbnn_path_results *r);

/* The regression epochs of an experiment, counted on from 1 through its phases. */
size_t sbnn_path_epochs(const sbnn_experiment *x);
const sbnn_history_row *sbnn_path_epoch(const sbnn_experiment *x, size_t epoch); /* from 0 */

#endif
