/* readers.h - what the readers of table.c are, and what they share. Internal to data/.
 *
 * Of each format:
 *   claims_  whether this reader is the one for the path, by its name or its first bytes (table.c asks in its
 *            order); no errors: what cannot be opened is claimed by its name alone, and the reader says so
 *   read_    as sbnn_table_read and sbnn_labels_read, whose work they do: `options` is not NULL, *t or *l is
 *            all zero before, and may be filled in part on failure (table.c frees it). Equal ids are no error
 *            of a table's reader: it leaves them in row_fault and col_fault. Files of several named arrays:
 *            whichever of t and l is not NULL
 * A build without libzip, libmatio or libhdf5 still claims their files, and says what to do in place of it.
 * Threads: two files may be read at once. */
#ifndef SBNN_DATA_READERS_H
#define SBNN_DATA_READERS_H

#include "data/table.h"

/* CSV and TSV (table_text.c); claims whatever the others leave. */
int sbnn_table_read_text(const char *path, const sbnn_table_options *options, sbnn_table *t, sbnn_error *e);
int sbnn_labels_read_text(const char *path, sbnn_labels *l, sbnn_error *e);

/* Matrix Market and 10x folders (table_mtx.c). */
bool sbnn_table_claims_mtx(const char *path);
int sbnn_table_read_mtx(const char *path, const sbnn_table_options *options, sbnn_table *t, sbnn_error *e);

/* NumPy arrays (table_npy.c). */
bool sbnn_table_claims_npy(const char *path);
int sbnn_table_read_npy(const char *path, const sbnn_table_options *options, sbnn_table *t, sbnn_error *e);

/* Archives of NumPy arrays (table_npz.c). */
bool sbnn_table_claims_npz(const char *path);
int sbnn_read_npz(const char *path, const sbnn_table_options *options, sbnn_table *t, sbnn_labels *l,
                  sbnn_error *e);

/* MATLAB files (table_mat.c). */
bool sbnn_table_claims_mat(const char *path);
int sbnn_read_mat(const char *path, const sbnn_table_options *options, sbnn_table *t, sbnn_labels *l,
                  sbnn_error *e);

/* HDF5: AnnData, MuData, 10x, loom (table_h5.c, hdf5/). */
bool sbnn_table_claims_h5(const char *path);
size_t sbnn_h5_file_length(const char *path); /* up to ":PART"; the whole length if the path has none */
int sbnn_read_h5(const char *path, const sbnn_table_options *options, sbnn_table *t, sbnn_labels *l,
                 sbnn_error *e);

/* zarr, which is refused with the way to convert it (table_zarr.c). */
bool sbnn_table_claims_zarr(const char *path);
int sbnn_read_zarr(const char *path, const sbnn_table_options *options, sbnn_table *t, sbnn_labels *l,
                   sbnn_error *e);

/* True if the name ends so (upper or lower case), perhaps with .gz, or if the regular file's (decompressed)
 * content begins with `magic`, of at most 16 bytes. */
bool sbnn_looks_like(const char *path, const char *ending, const char *magic);

/* Appends row[0..t->n_cols) as another row (n_rows counts it), to counts if `sparse`, else to values. */
void sbnn_table_add_row(sbnn_table *t, bool sparse, const double *row);

/* Rows become columns: the numbers, n_rows and n_cols; names and lines stay. */
void sbnn_table_transpose(sbnn_table *t, bool sparse);

/* Appends a character to text[*n..], which has room for 4 bytes more; false: it is none. */
bool sbnn_put_utf8(char *text, size_t *n, uint32_t c);

#endif
