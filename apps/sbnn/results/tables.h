/* tables.h - the TSV files of a run; formats in docs/output.md. Any thread.
 * Errors: SBNN_FAILED with one sentence; no partial file is left. */
#ifndef SBNN_RESULTS_TABLES_H
#define SBNN_RESULTS_TABLES_H

#include "results/results.h"

/* protocol model fold stage split target r2 */
int sbnn_write_metrics(const char *path, const sbnn_results *r, sbnn_error *e);

/* fold model phase epoch lr train_loss test_loss train_r2 test_r2 train_accuracy test_accuracy penalty */
int sbnn_write_history(const char *path, const sbnn_results *r, sbnn_error *e);

/* cv: model fold rank gene norm; train: rank gene norm */
int sbnn_write_genes(const char *path, const sbnn_results *r, sbnn_error *e);

/* cv: cell fold RESPONSES, out of fold, cells that are tested in no fold left out; train: cell RESPONSES. In
 * the order of the data set's cells, in the responses' own units. */
int sbnn_write_predictions(const char *path, const sbnn_results *r, const char *model, sbnn_error *e);

/* cell z1 z2 ... of the one experiment of `train`, in the order of the data set's cells */
int sbnn_write_latent(const char *path, const sbnn_dataset *d, const sbnn_experiment *x, sbnn_error *e);

/* cell LABEL_COLUMN, and color if the labels came with colours; in the order of the data set's cells */
int sbnn_write_labels(const char *path, const sbnn_dataset *d, sbnn_error *e);
int sbnn_write_labels_in(const char *directory, const sbnn_dataset *d, sbnn_error *e); /* labels.tsv */

/* cell gene:NAME ... response:NAME ...: predicted z-scores of the kept genes (autoencoder head) and of the
 * responses (alloencoder head), which colour the overlays; of the one experiment of `train` */
int sbnn_write_overlays(const char *path, const sbnn_dataset *d, const sbnn_experiment *x, sbnn_error *e);

/* All of the above (history.tsv where there are epochs) under their names in `directory`: metrics.tsv,
 * history.tsv, genes.tsv, predictions.tsv (and predictions-nopretrain.tsv for a second model), and for train
 * latent.tsv, overlays.tsv and labels.tsv. */
int sbnn_write_tables(const char *directory, const sbnn_results *r, sbnn_error *e);

#endif
