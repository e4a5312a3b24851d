/* prepare.h - from raw counts and responses to the matrices that a network is trained on.
 *
 *   X  counts / (the cell's sum over the chosen genes) * (median of these sums); log2(x + 1); z-score.
 *      For data that are normalised already: z-score alone
 *   Y  optional transform; z-score
 *
 * z-scores use the population standard deviation (ddof 0). Everything is fitted on a list of cells and can be
 * applied to any other. All arithmetic is double; the results are rounded to float once.
 * Threads: all functions only read their const arguments; calls with different outputs may run at once. */
#ifndef SBNN_DATA_PREPARE_H
#define SBNN_DATA_PREPARE_H

#include "data/dataset.h"
#include "data/y_transform.h"
#include "sbnn.h"

#include <stddef.h>

/* Cells of a data set; borrowed. */
typedef struct sbnn_rows {
  const size_t *row;
  size_t n;
} sbnn_rows;

typedef struct sbnn_prepare_options {
  size_t variable_genes; /* the most variable ones are chosen if the data set has more; 0: all are used */
  double gene_threshold; /* a gene is "on" in a cell above this count (30 for Smart-seq reads, 0 for UMIs) */
  const char *y_transform;      /* a rule (y_transform.h); NULL: none. Borrowed */
  sbnn_x_transform x_transform; /* NONE: the most variable genes are those of the largest variance */
  bool may_be_constant;         /* some responses over these cells: their y_sd is then 0, as with genes */
} sbnn_prepare_options;

/* Owns its arrays; release with sbnn_preparation_free. */
typedef struct sbnn_preparation {
  size_t n_genes; /* chosen */
  size_t *genes;  /* n_genes: data set columns, ascending */
  sbnn_x_transform x_transform;
  double median_library; /* counts: median over the fitted cells of the sum over the chosen genes; NONE: 1 */
  double *x_mean, *x_sd; /* n_genes, of log2(normalised + 1), or of X itself; sd 0: constant in the fitted
                            cells, see apply */
  size_t n_responses;
  double *y_mean, *y_sd;         /* n_responses, after the transform; sd 0: see may_be_constant */
  sbnn_y_transform *y_transform; /* n_responses */
} sbnn_preparation;

/* Fits on the cells. On failure *p is all zero.
 * SBNN_BAD_INPUT: no cells; a cell with no counts over the chosen genes (named); a response constant over
 * these cells (named; under may_be_constant only if all are); a response outside the transform's domain (y <=
 * -1 under log1p and clr); a rule that does not fit (y_transform.h); too few variable genes. A gene may be
 * constant over a training part: its sd is then 0 and that is no error. */
int sbnn_prepare_fit(const sbnn_dataset *d, sbnn_rows rows, const sbnn_prepare_options *o,
                     sbnn_preparation *p, sbnn_error *e);

/* Fills x (rows.n x p->n_genes) and y (rows.n x p->n_responses), row-major; either may be NULL. A gene with
 * sd 0 becomes a column of zeros, in training and test cells alike: it carries nothing that could be learned.
 * SBNN_BAD_INPUT: a cell with no counts over the chosen genes; a response outside the transform's domain. */
int sbnn_prepare_apply(const sbnn_preparation *p, const sbnn_dataset *d, sbnn_rows rows, float *x, float *y,
                       sbnn_error *e);

/* z-scores (n_rows x p->n_responses) to the responses' own units, in place; clr has no way back
 * (y_transform.h). `center` (n_responses, or NULL) is what was taken off the z-scores before. */
void sbnn_prepare_own_units(const sbnn_preparation *p, const double *center, double *z, size_t n_rows);

void sbnn_preparation_copy(const sbnn_preparation *from, sbnn_preparation *to); /* arrays of its own */
void sbnn_preparation_free(sbnn_preparation *p);                                /* leaves *p all zero */

/* Subtracts from each column of train (n_train x n_cols) and test (n_test x n_cols) its mean over train:
 * the centring within a fold of `--protocol paper`. test may be NULL if n_test is 0. */
void sbnn_center(float *train, size_t n_train, float *test, size_t n_test, size_t n_cols);

/* The n most variable genes over the given cells (Kobak & Berens 2019): per gene the fraction of cells at or
 * below the threshold against the mean log2(count) of the cells above it; genes above it in fewer than 10
 * cells are left out; kept are the genes above exp(-1.5 (mean - b)) + 0.02 for the largest b that keeps n.
 * Where ties keep more, the later columns among the equal ones are dropped. chosen: n indices, ascending.
 * SBNN_BAD_INPUT: fewer than n genes are above the curve for any b. */
int sbnn_variable_genes(const sbnn_dataset *d, sbnn_rows rows, double threshold, size_t n, size_t *chosen,
                        sbnn_error *e);

/* The n genes of the largest variance over the given cells; of equal ones the earlier columns. For X that is
 * normalised already. chosen: n <= n_genes indices, ascending. */
void sbnn_widest_genes(const sbnn_dataset *d, sbnn_rows rows, size_t n, size_t *chosen);

#endif
