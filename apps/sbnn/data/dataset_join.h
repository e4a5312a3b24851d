/* dataset_join.h - the two tables side by side: which cells and responses become the data set. Internal to
 * data/. */
#ifndef SBNN_DATA_DATASET_JOIN_H
#define SBNN_DATA_DATASET_JOIN_H

#include "data/dataset.h"
#include "data/ids.h"
#include "data/table.h"

/* Positions of a cell in the two tables. */
typedef struct sbnn_cell_pair {
  size_t x, y;
} sbnn_cell_pair;

/* Tables are borrowed, the arrays owned. */
typedef struct sbnn_join {
  const sbnn_table *x, *y;
  bool x_cells_in_rows, y_cells_in_rows;
  size_t n_cells, n_genes, n_responses;
  sbnn_cell_pair *cells; /* n_cells, in the order of y */
  size_t *genes;         /* n_genes: positions in x, ascending */
  size_t *responses;     /* n_responses: positions in y, ascending */
  sbnn_strings notes;    /* for the user */
} sbnn_join;

double sbnn_join_value(const sbnn_join *j, size_t cell, size_t response); /* of the responses */
const char *sbnn_join_cell(const sbnn_join *j, size_t cell);
const char *sbnn_join_gene(const sbnn_join *j, size_t gene);
const char *sbnn_join_response(const sbnn_join *j, size_t response);

/* What the options choose by name, and then what is missing (below), or the other way round: cells_path,
 * gene_prefix, drop_responses. SBNN_BAD_INPUT: a name that does not exist, or nothing is left. */
int sbnn_join_select(sbnn_join *j, const sbnn_dataset_options *o, sbnn_error *e);

/* Missing responses: an error that lists them, or cells or responses less and a note that lists both. */
int sbnn_join_missing(sbnn_join *j, sbnn_missing policy, sbnn_error *e);

#endif
