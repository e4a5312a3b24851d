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

/* What becomes of responses that are missing: an error, or the cells or the responses concerned are left out.
 */
typedef enum sbnn_missing {
  SBNN_MISSING_ERROR,
  SBNN_MISSING_DROP_CELLS,
  SBNN_MISSING_DROP_RESPONSES
} sbnn_missing;

/* Strings are borrowed for the call. {0} plus the two paths is a valid set of options. */
typedef struct sbnn_dataset_options {
  const char *x_path;       /* counts, required */
  const char *y_path;       /* responses, required */
  const char *labels_path;  /* NULL: no labels */
  const char *label_column; /* NULL: the first column after the id that is not the colour */
  sbnn_genes_in x_genes_in; /* AUTO: found from the ids the two tables share */
  size_t variable_genes; /* the selection that will follow (sbnn_prepare_options); 0: every gene is used. If
                            no selection takes place (n_genes <= variable_genes, or 0), a constant gene is an
                            error, because it cannot be z-scored */
  sbnn_missing missing;
  const char *y_transform; /* the rule that will follow (y_transform.h), checked against the responses' names;
                              NULL: none */
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

/* Owns all of its members; release with sbnn_dataset_free. Cells are in the order of the response table. */
typedef struct sbnn_dataset {
  size_t n_cells, n_genes, n_responses;
  char **cell_names;     /* n_cells */
  char **gene_names;     /* n_genes */
  char **response_names; /* n_responses */
  sbnn_counts counts;    /* n_cells x n_genes: raw, finite, > 0 where stored */
  double *responses;     /* n_cells x n_responses, row-major: as in the file, finite, no column constant */

  char *label_column; /* the column's name; NULL (as all below, and n_labels 0) without labels */
  size_t n_labels;
  char **label_names;      /* n_labels, sorted bytewise, "unlabelled" last if it occurs */
  int32_t *labels;         /* n_cells: index into label_names */
  char (*cell_colors)[8];  /* n_cells: "#RRGGBB" or ""; NULL if the file has no colour column */
  char (*label_colors)[8]; /* n_labels: the colour most frequent among the label's cells, or ""; else as above
                            */

  sbnn_overlap overlap;
  size_t n_notes;
  char **notes; /* n_notes: a sentence each on what was left out or renamed while reading */
} sbnn_dataset;

/* Reads, joins and checks. On failure *d is all zero. A label file's colours are its column "NAME_color"
 * for the label column NAME, else "color"; "colour" is as good. Cells without a label get "unlabelled". Genes
 * of one name are kept and told apart: the later ones get -1, -2, ... behind it. Of 10x features with types,
 * X takes "Gene Expression" and Y "Antibody Capture". SBNN_BAD_INPUT: whatever table.h reports; missing
 * responses under SBNN_MISSING_ERROR, or in all that could be left; no shared cells or an undecidable
 * orientation; negative or non-finite count (gene and cell named); non-finite response; constant response;
 * constant gene (see variable_genes); a label file without any of the cells, without the column, or with a
 * malformed colour. */
int sbnn_dataset_read(const sbnn_dataset_options *o, sbnn_dataset *d, sbnn_error *e);

/* The checks above on an assembled data set (also run by sbnn_dataset_read). `x_path` and `y_path` are for
 * the message. */
int sbnn_dataset_check(const sbnn_dataset *d, size_t variable_genes, const char *x_path, const char *y_path,
                       sbnn_error *e);

/* SBNN_BAD_INPUT unless the data set has at least n cells; `what` completes "... cells are needed for". */
int sbnn_dataset_require_cells(const sbnn_dataset *d, size_t n, const char *what, sbnn_error *e);

void sbnn_dataset_free(sbnn_dataset *d); /* leaves *d all zero */

#endif
