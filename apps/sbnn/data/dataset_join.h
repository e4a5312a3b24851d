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

/* What the options choose by name: cells_path, gene_prefix, drop_responses. *any: cells or responses were
 * left out. SBNN_BAD_INPUT: a name that does not exist, or nothing is left. */
int sbnn_dataset_select(sbnn_dataset *d, const sbnn_dataset_options *o, const char *x_path,
                        const char *y_path, bool *any, sbnn_error *e);

/* Keeps n >= 1 cells, whose positions ascend. */
void sbnn_dataset_keep_cells(sbnn_dataset *d, const size_t *cells, size_t n);

/* Leaves out the responses whose count is not 0, of which there are fewer than all. */
void sbnn_dataset_drop_responses(sbnn_dataset *d, const size_t *drop);

/* Missing responses (NaN) of a data set: an error that lists them, or cells or responses less and a note that
 * lists both, or a note. `path` is the file they come from, `join` how (for the line; NULL: not known). */
int sbnn_dataset_missing(sbnn_dataset *d, sbnn_missing policy, const char *path, const sbnn_join *join,
                         sbnn_error *e);

/* Leaves out the genes that have no count in any cell, with a note, unless that is all of them. */
void sbnn_dataset_drop_silent(sbnn_dataset *d, const char *x_path);

/* Another line for the terminal, which is released. */
void sbnn_dataset_hint(sbnn_dataset *d, char *text);

/* Lines on what is possible but seldom meant: tables swapped, numbers that are no counts, genes whose names
 * are dates, responses whose names are not UTF-8, as many labels as cells; and those of the next function. */
void sbnn_dataset_hints(sbnn_dataset *d, const sbnn_dataset_options *o);

/* Lines on the kind of the numbers, where what is done with them fits another: reads, molecules, raw counts
 * of proteins, responses that a few cells decide; each with the option that fits. */
void sbnn_dataset_hint_kinds(sbnn_dataset *d, const sbnn_dataset_options *o);

#endif
