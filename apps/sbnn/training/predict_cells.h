/* predict_cells.h - a table of counts as the data set that a trained model expects. */
#ifndef SBNN_PREDICT_CELLS_H
#define SBNN_PREDICT_CELLS_H

#include "training/model_file.h"

/* Reads o->x and fills d: its cells in the order of the table, as columns the genes of the model in the
 * model's order, as its one response the counts of each cell in the whole table; of o->cells only those;
 * release with sbnn_dataset_free. Genes the model does not know are passed over.
 * Where cells and genes lie is told by the gene names, unless o->x_genes_in says so. A gene of the library
 * size that is missing counts as 0 and is told of on stderr, with its share of the training counts.
 * SBNN_BAD_INPUT: what table.h reports; no gene of the model in the table; a missing gene that the network
 * reads (all are named); a count that is negative or not finite. */
int sbnn_predict_cells(const sbnn_options *o, const sbnn_model_file *m, sbnn_dataset *d, sbnn_error *e);

#endif
