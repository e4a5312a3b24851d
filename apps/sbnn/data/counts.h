/* counts.h - a matrix of counts without its zeros, stored by rows (CSR). Most counts of single cells are 0:
 * at the usual one in ten a table takes a tenth of its numbers' memory. Dense ones take twice a float each.
 * Threads: a finished matrix is read-only and may be shared. */
#ifndef SBNN_DATA_COUNTS_H
#define SBNN_DATA_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Owns its arrays unless they are borrowed; release with sbnn_counts_free. {.n_cols = n} is a matrix to which
 * rows can be added. */
typedef struct sbnn_counts {
  size_t n_rows, n_cols; /* n_cols <= UINT32_MAX */
  size_t *start;    /* n_rows + 1: row i is at start[i] .. start[i + 1] - 1; NULL while there is no row */
  uint32_t *column; /* ascending within a row */
  float *value;     /* not 0; a table that was not checked yet may hold infinities and negative ones */
  size_t row_room, room; /* for growth: elements of start (less one), of column and value */
  bool borrowed;         /* the arrays are another's, read-only: sbnn_counts_free leaves them */
} sbnn_counts;

void sbnn_counts_add_row(sbnn_counts *c, const double *row); /* n_cols values; rounded to float */

/* From n_rows x n_cols values, row-major. */
sbnn_counts sbnn_counts_from_dense(const float *values, size_t n_rows, size_t n_cols);

/* From n values with their places, in any order, each place once; see sbnn_counts_repeated. */
sbnn_counts sbnn_counts_from_places(size_t n_rows, size_t n_cols, const uint32_t *row, const uint32_t *column,
                                    const float *value, size_t n);

/* A place that occurs twice in a matrix made by sbnn_counts_from_places; false: none does. */
bool sbnn_counts_repeated(const sbnn_counts *c, size_t *row, size_t *column);

/* The given rows, in that order. */
sbnn_counts sbnn_counts_rows(const sbnn_counts *c, const size_t *rows, size_t n);

/* The given columns as rows, in that order; no column twice. */
sbnn_counts sbnn_counts_columns(const sbnn_counts *c, const size_t *columns, size_t n);

float sbnn_counts_at(const sbnn_counts *c, size_t row, size_t column); /* searches within the row */

/* out[j] = the count in columns[j]; n columns, ascending. One walk over the row. */
void sbnn_counts_gather(const sbnn_counts *c, size_t row, const size_t *columns, size_t n, double *out);

void sbnn_counts_row(const sbnn_counts *c, size_t row, float *out); /* n_cols values, zeros included */

/* Bytes that the values and their columns take. */
size_t sbnn_counts_bytes(const sbnn_counts *c);

void sbnn_counts_free(sbnn_counts *c); /* leaves *c all zero */

#endif
