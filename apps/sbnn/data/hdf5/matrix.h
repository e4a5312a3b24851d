/* matrix.h - a matrix of numbers in an HDF5 file: a dataset of two dimensions, or a group of data, indices and
 * indptr. Private to data/hdf5/; errors and threads as in h5.h. */
#ifndef SBNN_DATA_HDF5_MATRIX_H
#define SBNN_DATA_HDF5_MATRIX_H

#include "data/hdf5/h5.h"
#include "data/name_lists.h"
#include "data/table.h"

typedef struct sbnn_h5_matrix {
  char *path;              /* owned */
  bool sparse, by_columns; /* by_columns: indptr goes over columns (CSC) */
  size_t n_rows, n_cols;
  sbnn_h5_array values, places, starts; /* of a dense one values alone */
} sbnn_h5_matrix;

/* SBNN_BAD_INPUT: there is none, or its parts do not fit each other. sparse_columns: a group whose layout is
 * not written into it (10x) goes over columns. Call sbnn_h5_matrix_close in any case. */
int sbnn_h5_matrix_open(sbnn_h5 *f, const char *path, const char *field, bool sparse_columns,
                        sbnn_h5_matrix *m);
void sbnn_h5_matrix_close(sbnn_h5_matrix *m);

/* Whether there is something at `path` that looks like one; no errors. */
bool sbnn_h5_is_matrix(sbnn_h5 *f, const char *path);

/* Looks at up to a million numbers, from start, middle and end: *other is the first that is no count, a whole
 * number of 0 or more; NaN: all are, or there is none. *any: one is above 0. */
int sbnn_h5_matrix_look(sbnn_h5 *f, const sbnn_h5_matrix *m, double *other, bool *any);

/* The numbers into the table, as sbnn_dense_read and sbnn_compressed_read (data/matrix.h): the axes have been
 * matched. Counts stay sparse. */
int sbnn_h5_matrix_read(sbnn_h5 *f, const sbnn_h5_matrix *m, const sbnn_name_lists *a,
                        const sbnn_table_options *o, sbnn_table *t);

#endif
