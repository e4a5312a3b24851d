/* dataset.h - counts and responses of the same cells, joined by id, checked, with an optional label per cell.
 * Threads: a finished data set is read-only and may be shared. */
#ifndef SBNN_DATA_DATASET_H
#define SBNN_DATA_DATASET_H

#include "data/counts.h"
#include "data/table.h"
#include "sbnn.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What becomes of responses that are missing: an error, or the cells or the responses concerned are left out,
 * or they stay as NaN (to be written down, not to be trained on). */
typedef enum sbnn_missing {
  SBNN_MISSING_ERROR,
  SBNN_MISSING_DROP_CELLS,
  SBNN_MISSING_DROP_RESPONSES,
  SBNN_MISSING_DROP_CELLS_ANY, /* cells with a gap in any response, also in one that is left out by name */
  SBNN_MISSING_KEEP
} sbnn_missing;

/* What is done to X before it is z-scored (prepare.h). */
typedef enum sbnn_x_transform {
  SBNN_X_COUNTS, /* counts: library size, logarithm */
  SBNN_X_NONE    /* nothing: X is normalised already */
} sbnn_x_transform;

/* Strings are borrowed for the call. {0} plus the two paths, or plus data_path, is a valid set of options. */
typedef struct sbnn_dataset_options {
  const char *x_path; /* counts, required without data_path */
  const char *y_path; /* responses, required without data_path */
  const char
      *data_path;    /* a file of sbnn_data_file_write in place of both; labels_path replaces its labels */
  bool names_tables; /* data_path is a file in passing: sentences name the tables it was made of */
  const char *labels_path;  /* NULL: no labels */
  const char *label_column; /* NULL: the first column beside the ids that is not the colour */
  const char
      *id_column; /* of the labels: where the cells' ids are; NULL: the first, or the one that has them */
  sbnn_genes_in x_genes_in; /* AUTO: found from the ids the two tables share */
  size_t variable_genes; /* the selection that will follow (sbnn_prepare_options); 0: every gene is used. If
                            no selection takes place (n_genes <= variable_genes, or 0), genes without a count
                            are left out, with a note, and another constant gene is an
                            error, because it cannot be z-scored */
  sbnn_missing missing;
  sbnn_x_transform x_transform; /* NONE: numbers may be negative */
  const char *cells_path;       /* a list of the cells to keep, or a table whose ids they are; NULL: all */
  const char *gene_prefix;      /* only genes that begin so, and take it off; NULL: all */
  const char *drop_responses;   /* names or patterns to leave out, separated by commas; NULL: none */
  double min_counts; /* cells of fewer counts in all are left out, with a note that names them; under
                                   SBNN_X_NONE, or where it would leave none, nothing is */
  const char *
      groups_path; /* a group for each cell, as labels are given: none is divided in what follows; NULL: none */
  const char *gene_names; /* of an HDF5 file the column that names the genes (table.h); NULL: its index */
  const char *genes_from_path; /* only genes that this table of counts has too; NULL: all */
  const char *y_transform; /* the rule that will follow (y_transform.h), checked against the responses' names;
                              NULL: none */
  double gene_threshold;   /* the one that will follow (sbnn_prepare_options) */
  /* The user has decided: nothing is said of what would fit the numbers better. */
  bool threshold_chosen, transform_chosen;
} sbnn_dataset_options;

/* What the join found, for the caller to print. */
typedef struct sbnn_overlap {
  size_t x_cells, y_cells;              /* cells in either table */
  size_t shared;                        /* in both: n_cells, unless some were dropped */
  size_t labelled;                      /* of those, with a label */
  sbnn_genes_in x_genes_in;             /* in the file, as found or asked: never AUTO */
  bool y_cells_in_rows;                 /* orientation of the response file */
  uint64_t x_hash, y_hash, labels_hash; /* FNV-1a of the files (table.h); labels_hash 0 without labels */
} sbnn_overlap;

struct nn_tensor_file; /* nn/nn.h */

/* Owns all of its members; release with sbnn_dataset_free. Cells are in the order of the response table. */
typedef struct sbnn_dataset {
  size_t n_cells, n_genes, n_responses;
  char **cell_names;     /* n_cells */
  char **gene_names;     /* n_genes */
  char **response_names; /* n_responses */
  sbnn_counts counts;    /* n_cells x n_genes: raw, finite, > 0 where stored (under SBNN_X_NONE: not 0) */
  double *responses;     /* n_cells x n_responses, row-major: as in the file, finite, no column constant */

  char *label_column; /* the column's name; NULL (as all below, and n_labels 0) without labels */
  size_t n_labels;
  char **label_names;      /* n_labels, sorted bytewise, "unlabelled" last if it occurs */
  int32_t *labels;         /* n_cells: index into label_names */
  char (*cell_colors)[8];  /* n_cells: "#RRGGBB" or ""; NULL if the file has no colour column */
  char (*label_colors)[8]; /* n_labels: the colour most frequent among the label's cells, or ""; else as above
                            */

  int32_t *groups; /* n_cells: index into group_names; NULL (and n_groups 0): none */
  size_t n_groups;
  char **group_names, *group_column;
  char *groups_path;
  uint64_t groups_hash;

  char *x_path, *y_path, *labels_path; /* what it was read from; NULL: unknown, or no labels */
  char *data_path;                     /* the file that came in place of them; NULL: none */
  uint64_t data_hash;                  /* of what that holds */
  struct nn_tensor_file *mapping;      /* where counts are borrowed from; NULL: nowhere */
  sbnn_overlap overlap;
  size_t n_notes;
  char **notes; /* n_notes: a sentence each on what was left out or renamed while reading */
  char *hint;   /* lines for the terminal that are no part of the data set; NULL: none */
} sbnn_dataset;

/* Reads, joins and checks; what is left out afterwards, and all checks, are the same for tables and for data
 * files. On failure *d is all zero. A label file's colours are its column "NAME_color"
 * for the label column NAME, else "color"; "colour" is as good. Cells without a label get "unlabelled". Genes
 * of one name are kept and told apart: the later ones get -1, -2, ... behind it. Of 10x features with types,
 * X takes "Gene Expression" and Y "Antibody Capture". SBNN_BAD_INPUT: whatever table.h reports; missing
 * responses under SBNN_MISSING_ERROR, or in all that could be left; no shared cells or an undecidable
 * orientation; negative or non-finite count (gene and cell named); non-finite response; constant response;
 * constant gene (see variable_genes); a cell without a group; a label file without any of the cells, without the column, or with a
 * malformed colour. */
int sbnn_dataset_read(const sbnn_dataset_options *o, sbnn_dataset *d, sbnn_error *e);

/* The checks above on an assembled data set (also run by sbnn_dataset_read). `x_path` and `y_path` are for
 * the message. */
int sbnn_dataset_check(const sbnn_dataset *d, size_t variable_genes, sbnn_x_transform x_transform,
                       const char *x_path, const char *y_path, sbnn_error *e);

/* Of these, what raw data must fulfil whatever is done with them: counts and responses that are numbers, or
 * responses that are missing (NaN). */
int sbnn_dataset_check_raw(const sbnn_dataset *d, sbnn_x_transform x_transform, const char *x_path,
                           const char *y_path, sbnn_error *e);

/* Keeps the cells that `path` lists (cells_path), in their order, with a note. SBNN_BAD_INPUT: none is. */
int sbnn_dataset_keep_listed(sbnn_dataset *d, const char *path, sbnn_error *e);

/* "'a' (3), 'b' (0), ..." of cells and their counts, in text[room]. */
const char *sbnn_list_cells(const sbnn_dataset *d, const size_t *cell, const double *counts, size_t n,
                            char *text, size_t room);

/* Another sentence for the user. */
void sbnn_dataset_note(sbnn_dataset *d, const char *text);

/* Adds to the sentence of a failure that the two tables may be swapped, where there are more responses than
 * genes. */
void sbnn_dataset_suspect_swap(const sbnn_dataset *d, sbnn_error *e);

void sbnn_dataset_free(sbnn_dataset *d);        /* leaves *d all zero */
void sbnn_dataset_drop_labels(sbnn_dataset *d); /* back to none */

#endif
