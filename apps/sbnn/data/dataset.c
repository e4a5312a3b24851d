/* dataset.c - what a data set owns (dataset.h); dataset_read.c reads it. */
#include "data/dataset.h"

#include "data/ids.h"
#include "interrupt.h"
#include "nn/nn.h"

#include <stdlib.h>

void sbnn_dataset_drop_labels(sbnn_dataset *d) {
  sbnn_free_strings(d->label_names, d->n_labels);
  free(d->label_column);
  free(d->labels);
  free(d->cell_colors);
  free(d->label_colors);
  free(d->labels_path);
  d->label_names = NULL;
  d->label_column = d->labels_path = NULL;
  d->labels = NULL;
  d->cell_colors = d->label_colors = NULL;
  d->n_labels = d->overlap.labelled = 0;
  d->overlap.labels_hash = 0;
}

void sbnn_dataset_note(sbnn_dataset *d, const char *text) {
  d->notes = sbnn_realloc(d->notes, d->n_notes + 1, sizeof *d->notes);
  d->notes[d->n_notes++] = sbnn_strdup(text);
}

void sbnn_dataset_free(sbnn_dataset *d) {
  sbnn_free_strings(d->cell_names, d->n_cells);
  sbnn_free_strings(d->gene_names, d->n_genes);
  sbnn_free_strings(d->response_names, d->n_responses);
  sbnn_free_strings(d->notes, d->n_notes);
  free(d->hint);
  sbnn_dataset_drop_labels(d);
  sbnn_counts_free(&d->counts);
  free(d->responses);
  free(d->x_path);
  free(d->y_path);
  free(d->data_path);
  free(d->groups);
  sbnn_free_strings(d->group_names, d->n_groups);
  free(d->group_column);
  free(d->groups_path);
  if (d->mapping) sbnn_interrupt_mapped(NULL);
  nn_tensor_file_close(d->mapping);
  *d = (sbnn_dataset){0};
}
