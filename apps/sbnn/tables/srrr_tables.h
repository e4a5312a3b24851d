/* srrr_tables.h - the files of `sbnn srrr`; formats in docs/output.md. */
#ifndef SBNN_TABLES_SRRR_TABLES_H
#define SBNN_TABLES_SRRR_TABLES_H

#include "results/results.h"

#include <stdio.h>

/* One fit on one fold. R2 as everywhere: pooled over responses. */
typedef struct sbnn_srrr_score {
  size_t rank;
  int fold; /* from 1 */
  double lambda;
  double r2[SBNN_N_SPLITS], relaxed[SBNN_N_SPLITS];
  size_t n_genes, *genes; /* data set columns, ascending */
  double *norms;          /* [n_genes] of the genes' coefficients */
} sbnn_srrr_score;

/* All borrowed. scores [ranks x lambdas x folds]. */
typedef struct sbnn_srrr_results {
  const sbnn_dataset *data;
  size_t n_ranks, n_lambdas, n_folds;
  const sbnn_srrr_score *scores;
} sbnn_srrr_results;

/* srrr.tsv (mean and sd over folds), srrr_folds.tsv, srrr_genes.tsv in `directory`. SBNN_FAILED with one
 * sentence (I/O). Any thread. */
int sbnn_write_srrr(const char *directory, const sbnn_srrr_results *r, sbnn_error *e);

/* For the figures: rows [ranks x lambdas], the caller frees; from the scores, and from DIRECTORY/srrr.tsv as
 * written. *n rows. SBNN_BAD_INPUT with one sentence. */
sbnn_srrr_mean *sbnn_srrr_means(const sbnn_srrr_results *r, size_t *n);
int sbnn_srrr_means_read(const char *directory, sbnn_srrr_mean **row, size_t *n, sbnn_error *e);

/* The table as a command's last words. */
void sbnn_print_srrr(FILE *to, const sbnn_srrr_results *r);

#endif
