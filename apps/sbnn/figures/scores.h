/* scores.h - R2 response by response (figure S3), and R2 against the number of genes (figure S1).
 * All pointers are borrowed for the call. Any thread. Errors: SBNN_FAILED with one sentence (I/O). */
#ifndef SBNN_FIGURES_SCORES_H
#define SBNN_FIGURES_SCORES_H

#include "figures/canvas.h"

/* One model. Values that are NaN are left out. */
typedef struct sbnn_response_scores {
  const char *name;
  const double *r2, *sd; /* [responses]; sd (half the length of the bars) may be NULL */
  double pooled;         /* over all responses: the horizontal line; NaN = none */
} sbnn_response_scores;

typedef struct sbnn_responses_chart {
  int n_responses, n_models;
  const char *const *response; /* [n_responses] names */
  const sbnn_response_scores *model;
} sbnn_responses_chart;

/* Writes DIRECTORY/NAME.{png,svg,pdf}: one dot with its bar for each response and model, in descending order
 * of the first model's R2; the best 60 when there are more. No response: nothing is written, SBNN_OK. */
int sbnn_figure_responses(const char *directory, const char *name, const sbnn_responses_chart *chart,
                          sbnn_error *e);

/* One line: n points in ascending order of genes. */
typedef struct sbnn_path_scores {
  const char *name;
  int n;
  const double *genes, *r2, *sd; /* [n] means over folds, and the sd of r2 */
} sbnn_path_scores;

/* Writes DIRECTORY/NAME.{png,svg,pdf}: R2 against the mean number of genes, on a log scale; a dashed line at
 * `genes` (0: none). No point: nothing is written, SBNN_OK. */
int sbnn_figure_by_genes(const char *directory, const char *name, int n_paths, const sbnn_path_scores *path,
                         int genes, sbnn_error *e);

#endif
