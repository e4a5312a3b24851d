/* reader.h - a table as writer.h makes them, read back: fields between tabs, a header line, no quotes.
 * Threads: a finished table is read-only. */
#ifndef SBNN_OUTPUT_READER_H
#define SBNN_OUTPUT_READER_H

#include "sbnn.h"

/* Owns its memory; sbnn_tsv_free. Row 0 is the first after the header. */
typedef struct sbnn_tsv {
  char *path, *text;
  size_t n_rows, n_cols;
  char **head;  /* [n_cols] */
  char **field; /* [n_rows x n_cols] */
} sbnn_tsv;

/* On failure *t is all zero. SBNN_BAD_INPUT with one sentence: cannot be opened, a line with another number
 * of fields than the header (named). */
int sbnn_tsv_read(const char *path, sbnn_tsv *t, sbnn_error *e);
void sbnn_tsv_free(sbnn_tsv *t); /* leaves *t all zero */

/* The column of that name; SBNN_BAD_INPUT if there is none. */
int sbnn_tsv_column(const sbnn_tsv *t, const char *name, size_t *column, sbnn_error *e);

const char *sbnn_tsv_text(const sbnn_tsv *t, size_t row, size_t column);

/* NA is NaN. SBNN_BAD_INPUT, with the line, for what is no number. */
int sbnn_tsv_number(const sbnn_tsv *t, size_t row, size_t column, double *value, sbnn_error *e);

/* All n bytes of a file of results and a NUL behind them; the caller frees. NULL after SBNN_BAD_INPUT with
 * one sentence. */
char *sbnn_results_text(const char *path, size_t *n, sbnn_error *e);

#endif
