/* matrix.h - from the numbers of a matrix, as they lie in some file, to a table whose rows are cells: what
 * the readers of binary formats share. Internal to data/. */
#ifndef SBNN_DATA_MATRIX_H
#define SBNN_DATA_MATRIX_H

#include "data/axes.h"

/* A matrix whose every number stands in the file. */
typedef struct sbnn_dense {
  const char *path;
  size_t n_rows, n_cols;
  bool by_columns; /* columns lie one after another (Fortran, MATLAB), not rows */
  int first;       /* what a message calls the first row: 0 in NumPy, 1 in MATLAB */
  void *from;
  int (*next)(void *from, size_t n, double *out, sbnn_error *e); /* the next n numbers */
} sbnn_dense;

/* Reads them all, line by line, and fills values or counts. SBNN_BAD_INPUT: what `next` says; a NaN that is
 * not allowed. The axes have been matched. */
int sbnn_dense_read(const sbnn_dense *m, const sbnn_axes *a, const sbnn_table_options *o, sbnn_table *t,
                    sbnn_error *e);

/* A compressed sparse matrix: line i (a row, or a column if by_columns) has the values start[i] ..
 * start[i + 1] - 1, which stand at `place` within the line. */
typedef struct sbnn_compressed {
  const char *path;
  size_t n_rows, n_cols;
  bool by_columns;
  int first;
  size_t n;              /* values */
  const size_t *start;   /* lines + 1; whatever the file says, and so is place */
  const uint32_t *place; /* n */
  const double *value;   /* n */
} sbnn_compressed;

/* Fills values or counts. SBNN_BAD_INPUT: starts or places that no such matrix has, a place twice, a NaN that
 * is not allowed, a table too large to be filled with zeros. */
int sbnn_compressed_read(const sbnn_compressed *m, const sbnn_axes *a, const sbnn_table_options *o,
                         sbnn_table *t, sbnn_error *e);

#endif
