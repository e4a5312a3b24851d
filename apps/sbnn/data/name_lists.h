/* name_lists.h - the names of a matrix' features and cells, from the lists that lie beside it. Internal to data/.
 */
#ifndef SBNN_DATA_NAME_LISTS_H
#define SBNN_DATA_NAME_LISTS_H

#include "data/ids.h"
#include "data/table.h"

/* One list. Owns its arrays. */
typedef struct sbnn_name_list {
  char *path;
  size_t n;      /* names in the file: the length of the matrix' axis */
  size_t n_kept; /* of these, in the table: all but features of another type */
  size_t *place; /* n: position among the kept ones, or SBNN_ABSENT */
  char **ids;    /* n_kept */
  size_t *lines; /* n_kept */
  bool inside;   /* names out of the matrix' own file; lines are then positions from 1 */
  char *note;    /* on features of other types; NULL: none */
  uint64_t hash;
} sbnn_name_list;

typedef struct sbnn_name_lists {
  sbnn_name_list features, cells;
  bool features_first; /* the file's first axis (rows) is the features'; set by sbnn_name_lists_match */
} sbnn_name_lists;

/* Reads the lists that belong to the matrix at `path`, whose name without .gz ends in `ending` (".mtx"): for
 * DIR/PREFIXmatrix.mtx they are DIR/PREFIXfeatures.tsv (or genes, proteins, responses) and
 * DIR/PREFIXbarcodes.tsv (or cells), for DIR/NAME.mtx DIR/NAME_features.tsv, DIR/NAME.features.tsv or
 * DIR/features.tsv; each .tsv or .txt, plain or .gz. SBNN_BAD_INPUT: a list is missing, empty, has a line
 * without a name, or no feature of the type asked for. Call sbnn_name_lists_free in any case. */
int sbnn_name_lists_read(const char *path, const char *ending, const sbnn_table_options *o,
                         sbnn_name_lists *a, sbnn_error *e);

/* A matrix whose axes are to be told apart. */
typedef struct sbnn_unnamed_matrix {
  const char *path; /* for messages */
  size_t n_rows, n_cols;
  sbnn_genes_in genes_in;   /* as the user says */
  sbnn_genes_in convention; /* of the format, for square ones */
} sbnn_unnamed_matrix;

/* Which axis of the matrix is which. SBNN_BAD_INPUT: the lists have other lengths, or it cannot be told. */
int sbnn_name_lists_match(sbnn_name_lists *a, const sbnn_unnamed_matrix *m, sbnn_error *e);

/* Gives ids, faults, note, path, genes_in and the hash (of the matrix and both lists) to the table, whose
 * n_rows are cells.n_kept and n_cols features.n_kept. */
void sbnn_name_lists_name(sbnn_name_lists *a, const char *path, uint64_t hash, sbnn_table *t);

void sbnn_name_lists_free(sbnn_name_lists *a);

#endif
