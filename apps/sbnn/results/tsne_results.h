/* tsne_results.h - the files of `sbnn tsne`; formats in docs/output.md. */
#ifndef SBNN_RESULTS_TSNE_RESULTS_H
#define SBNN_RESULTS_TSNE_RESULTS_H

#include "data/dataset.h"
#include "embed/tsne.h"

/* One map. Strings are static. */
typedef struct sbnn_tsne_view {
  const char *name, *title; /* "genes"; "t-SNE of gene expression" */
  size_t dimensions;        /* of what was embedded */
  double *y;                /* [cells x 2] in the order of the data set */
  sbnn_tsne_fit fit;
  double trustworthiness; /* over SBNN_MAP_NEIGHBOURS cells; NaN: not measured */
} sbnn_tsne_view;

/* All borrowed. */
typedef struct sbnn_tsne_results {
  const sbnn_dataset *data;
  size_t n_views;
  const sbnn_tsne_view *views;
} sbnn_tsne_results;

/* tsne.tsv, tsne_quality.tsv and, with labels, labels.tsv in `directory`; the picture tsne in `figures`.
 * SBNN_FAILED with one sentence (I/O). Any thread. */
int sbnn_write_tsne(const char *directory, const sbnn_tsne_results *r, sbnn_error *e);
int sbnn_draw_tsne(const char *figures, const sbnn_tsne_results *r, sbnn_error *e);

#endif
