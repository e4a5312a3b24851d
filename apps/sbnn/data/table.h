/* table.h - one parsed table: named rows, named columns, and numbers (sbnn_table) or text (sbnn_labels).
 * Formats, told by content (docs/input.md), each perhaps compressed with gzip (but .npz and .mat):
 * - CSV, TSV: the separator is a tab if the header has one outside quotes, else a comma or a semicolon. Quoted fields with
 *   doubled quotes, CRLF, UTF-8 byte-order mark, blank lines, '#' lines before the header, an empty or named
 *   corner cell, or none at all (as R writes it: the header is one field shorter than the rows)
 * - Matrix Market: coordinate, general, with lists of its features and cells beside it; a folder is a 10x
 *   folder
 * - .npy: a NumPy array of two dimensions, with the same lists beside it
 * - .npz, .mat: named arrays of NumPy, SciPy, MATLAB: matrices, and the names of their rows and columns
 * - HDF5: AnnData, MuData, 10x, loom; "FILE:PART" names a part, such as layers/counts
 *
 * Another format is another file and a line of formats.def. Threads: a table may be read by any number of
 * threads; reading two files at once is fine. */
#ifndef SBNN_DATA_TABLE_H
#define SBNN_DATA_TABLE_H

#include "data/counts.h"
#include "sbnn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum sbnn_genes_in { SBNN_GENES_AUTO, SBNN_GENES_IN_ROWS, SBNN_GENES_IN_COLUMNS } sbnn_genes_in;

/* Owns all of its members; release with sbnn_table_free. Row and column ids are not empty. */
typedef struct sbnn_table {
  char *path;
  size_t n_rows, n_cols; /* both >= 1 */
  char **row_ids;        /* n_rows */
  char **col_ids;        /* n_cols */
  double *values;        /* n_rows x n_cols, row-major; NaN: missing, only if allowed; may hold infinities */
  sbnn_counts counts;    /* the same as floats if options.sparse; then values is NULL */
  size_t *row_lines; /* n_rows: the file's line; NULL for formats without a line per row. The cell of column
                        j is the line's field j + 2 */
  sbnn_genes_in genes_in; /* AUTO: the table cannot tell. Else rows are cells and columns genes (or responses)
                             whichever way they lie in the file, which is what this says */
  char *row_fault, *col_fault; /* a sentence on the first ids that are equal; NULL: all differ */
  char *taken;                 /* which of a file's matrices this is; NULL: it has one */
  char *note; /* sentences for the user on what was chosen and left out, a line each; NULL: nothing */
  struct sbnn_sandbox_output *shared; /* sandbox.h: where counts are borrowed from; NULL: nowhere */
  uint64_t hash; /* 64-bit FNV-1a of the file's bytes as they are on disk (compressed if compressed); with
                    lists beside it, of these three hashes */
} sbnn_table;

/* {0} is the default. */
typedef struct sbnn_table_options {
  bool allow_missing;       /* an empty field, NA, N/A, NaN, null or None becomes NaN instead of an error */
  bool allow_duplicates;    /* equal ids are left in row_fault and col_fault instead of being an error */
  bool sparse;              /* fill counts instead of values */
  sbnn_genes_in genes_in;   /* for formats that know genes from cells by their lists: where the user says they
                               are */
  bool responses;           /* of files that hold both, the responses are wanted and not the counts */
  bool normalised;          /* of files of several matrices one that holds no counts: X */
  bool alone;               /* the file is for responses alone: it may hold nothing else */
  const char *gene_names;   /* of files with tables of genes the column that names them; NULL: their index */
  const char *feature_type; /* of 10x features with types, those to take: "Gene Expression". NULL: all */
} sbnn_table_options;

/* Reads a table of numbers. `options` may be NULL. On failure *t is all zero.
 * SBNN_BAD_INPUT with file, line and column for: cannot open, empty, header only, ragged rows, not a number,
 * truncated or damaged gzip, binary content, missing or duplicate ids, too many columns; whatever is wrong in
 * a matrix or in the lists beside it. SBNN_FAILED: I/O. */
int sbnn_table_read(const char *path, const sbnn_table_options *options, sbnn_table *t, sbnn_error *e);
/* Whether one path may be both counts and responses: a 10x folder, a file of several named arrays. */
bool sbnn_table_holds_several(const char *path);
/* Of a path "FILE:PART" the length of FILE, the first that is a regular file; the whole length if the path has
 * no part. */
size_t sbnn_table_file_length(const char *path);
/* Whether two paths name one file, or parts of one ("FILE:PART"). */
bool sbnn_table_same_file(const char *a, const char *b);

/* For help, in the order of formats.def: the i-th format besides text, ".npz"; NULL: there are fewer. */
const char *sbnn_shown_format(size_t i);

void sbnn_table_free(sbnn_table *t); /* leaves *t all zero; t may be all zero */

/* A table of text: an id per row and any text in its columns (e.g. cell, family, type, color). */
typedef struct sbnn_labels {
  char *path;
  size_t n_rows, n_cols; /* both >= 1 */
  char **row_ids;        /* n_rows: the first column */
  char *corner;          /* its name; NULL: it has none */
  char *row_fault;       /* a sentence on the first of them that are equal; NULL: all differ */
  char **col_ids;        /* n_cols, unique: the other columns */
  char **text;           /* n_rows x n_cols, row-major; never NULL, may be "" */
  uint64_t hash;         /* as in sbnn_table */
} sbnn_labels;

/* Reads a table of text, CSV or TSV; same errors as sbnn_table_read, on failure *l is all zero. */
int sbnn_labels_read(const char *path, sbnn_labels *l, sbnn_error *e);
void sbnn_labels_free(sbnn_labels *l); /* leaves *l all zero */

#endif
