/* tables.h - the TSV files of a run; formats in docs/output.md. Any thread, into
 * different directories. Errors: SBNN_FAILED with one sentence; no partial file is left. */
#ifndef SBNN_TABLES_TABLES_H
#define SBNN_TABLES_TABLES_H

#include "results/results.h"

/* Into `directory`: metrics.tsv, history.tsv (where there are epochs), genes.tsv, predictions.tsv (and
 * predictions-nopretrain.tsv for a second model), and for train latent.tsv, overlays.tsv, measured.tsv and
 * labels.tsv. */
int sbnn_write_tables(const char *directory, const sbnn_results *r, sbnn_error *e);

/* labels.tsv alone: cell LABEL_COLUMN, and color if the labels came with colours; in the order of the data
 * set's cells. */
int sbnn_write_labels(const char *directory, const sbnn_dataset *d, sbnn_error *e);

#endif
