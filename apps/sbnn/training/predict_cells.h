/* predict_cells.h - a table of counts as the data set that a trained model expects. */
#ifndef SBNN_PREDICT_CELLS_H
#define SBNN_PREDICT_CELLS_H

#include "training/model_file.h"

/* Strings are borrowed. */
typedef struct sbnn_predict_options {
  const char *path; /* of the counts */
  sbnn_genes_in genes_in;
  const char *gene_prefix; /* only genes that begin so, without it; NULL: all */
  const char *cells_path;  /* only cells listed there; NULL: all */
  const char *gene_names;  /* of an HDF5 file the column that names the genes (table.h) */
} sbnn_predict_options;

/* Reads the counts and fills d: its cells in the order of the table, as columns the genes of the model in the
 * model's order, as its one response the counts of each cell in the whole table; of o->cells_path only those;
 * release with sbnn_dataset_free. Genes the model does not know are passed over.
 * Where cells and genes lie is told by the gene names, unless o->genes_in says so. A gene of the library
 * size that is missing counts as 0 and is told of on stderr, with its share of the training counts.
 * SBNN_BAD_INPUT: what table.h reports; no gene of the model in the table; a missing gene that the network
 * reads (all are named); a count that is negative or not finite. */
int sbnn_predict_cells(const sbnn_predict_options *o, const sbnn_model_file *m, sbnn_dataset *d,
                       sbnn_error *e);

#endif
