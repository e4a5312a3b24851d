/* dataset_join.h - the two tables side by side: which cells become the data set. Internal to data/. */
#ifndef SBNN_DATA_DATASET_JOIN_H
#define SBNN_DATA_DATASET_JOIN_H

#include "data/dataset.h"
#include "data/ids.h"
#include "data/table.h"

/* Positions of a cell in the two tables. */
typedef struct sbnn_cell_pair {
  size_t x, y;
} sbnn_cell_pair;

/* Tables are borrowed, the array owned. */
typedef struct sbnn_join {
  const sbnn_table *x, *y;
  bool x_cells_in_rows, y_cells_in_rows;
  size_t n_cells;
  sbnn_cell_pair *cells; /* n_cells, in the order of y: those of the data set */
} sbnn_join;

/* Missing responses (NaN) of a data set: an error that lists them, or cells or responses less and a note that
 * lists both, or a note. `path` is the file they come from, `join` how (for the line; NULL: not known). */
int sbnn_dataset_missing(sbnn_dataset *d, sbnn_missing policy, const char *path, const sbnn_join *join,
                         sbnn_error *e);

#endif
