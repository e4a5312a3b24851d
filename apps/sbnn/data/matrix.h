/* matrix.h - from the numbers of a matrix, as they lie in some file, to a table whose rows are cells: what
 * the readers of binary formats share. Internal to data/. No state: any thread. */
#ifndef SBNN_DATA_MATRIX_H
#define SBNN_DATA_MATRIX_H

#include "data/name_lists.h"

/* A matrix whose every number stands in the file. */
typedef struct sbnn_dense {
  const char *path; /* borrowed; for messages */
  size_t n_rows, n_cols;
  bool by_columns; /* columns lie one after another (Fortran, MATLAB), not rows */
  int first;       /* what a message calls the first row: 0 in NumPy, 1 in MATLAB */
  /* Writes the next n numbers of the file to out and goes on behind them; else SBNN_BAD_INPUT, its sentence
   * in e. `from` is the reader's own. */
  int (*next)(void *from, size_t n, double *out, sbnn_error *e);
  void *from;
} sbnn_dense;

/* Reads all n_rows x n_cols numbers, line by line, and sets t's numbers, n_rows (cells) and n_cols (features
 * that are kept): counts if o->sparse, else values; t owns them, also on failure. The axes have been matched,
 * so that their lengths are those of the matrix. SBNN_BAD_INPUT: what `next` says; a NaN unless
 * o->allow_missing. */
int sbnn_dense_read(const sbnn_dense *m, const sbnn_name_lists *a, const sbnn_table_options *o, sbnn_table *t,
                    sbnn_error *e);

/* A compressed sparse matrix: line i (a row, or a column if by_columns) has the values start[i] ..
 * start[i + 1] - 1, which stand at `place` within the line. All pointers are borrowed. */
typedef struct sbnn_compressed {
  const char *path; /* for messages */
  size_t n_rows, n_cols;
  bool by_columns;
  int first;             /* as in sbnn_dense */
  size_t n;              /* values */
  const size_t *start;   /* lines + 1; whatever the file says, and so is place: both are checked */
  const uint32_t *place; /* n, from 0 */
  const double *value;   /* n */
} sbnn_compressed;

/* As sbnn_dense_read, the places without a value being 0. SBNN_BAD_INPUT: starts or places that no such
 * matrix has, a place twice, a NaN that is not allowed, a table too large to be filled with zeros. */
int sbnn_compressed_read(const sbnn_compressed *m, const sbnn_name_lists *a, const sbnn_table_options *o,
                         sbnn_table *t, sbnn_error *e);

#endif
