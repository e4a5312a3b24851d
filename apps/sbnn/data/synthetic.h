/* synthetic.h - two-view data of known truth for `sbnn demo`, tests and documentation: cells of several
 * families on a ring in a two-dimensional latent space, each family with a gradient inside; planted marker
 * genes and smooth nonlinear responses that depend on the latent position; all other genes have the same kind
 * of distribution but are independent of it and of each other. Counts are Poisson with log-normal noise and a
 * depth per cell. Threads: pure functions of their arguments. */
#ifndef SBNN_DATA_SYNTHETIC_H
#define SBNN_DATA_SYNTHETIC_H

#include "data/dataset.h"
#include "sbnn.h"

#include <stddef.h>
#include <stdint.h>

/* A zero takes the default. */
typedef struct sbnn_synthetic_options {
  size_t n_cells;     /* 600 */
  size_t n_genes;     /* 300 */
  size_t n_planted;   /* 25: marker genes, <= n_genes */
  size_t n_responses; /* 12 */
  size_t n_families;  /* 6, at most 8 (the palette) */
} sbnn_synthetic_options;

/* Owns its arrays; release with sbnn_synthetic_truth_free. */
typedef struct sbnn_synthetic_truth {
  size_t n_planted;
  size_t *planted; /* n_planted: columns of the data set, ascending */
  size_t n_cells;
  double *latent; /* n_cells x 2, row-major */
} sbnn_synthetic_truth;

/* Makes the data set and its truth (which may be NULL). `o` may be NULL. The labels are the families, with
 * colours that colour-blind readers can tell apart (Okabe and Ito). SBNN_USAGE: impossible options. */
int sbnn_synthetic(uint64_t seed, const sbnn_synthetic_options *o, sbnn_dataset *d,
                   sbnn_synthetic_truth *truth, sbnn_error *e);
void sbnn_synthetic_truth_free(sbnn_synthetic_truth *t); /* leaves *t all zero */

/* Writes dir/counts.csv (genes x cells), dir/responses.csv (cells x responses) and dir/labels.tsv (cell,
 * family, color): the formats sbnn_dataset_read takes; reading them gives d's values back to the bit. The
 * directory must exist; existing files of these names are replaced. SBNN_FAILED with the file's name if a
 * write fails. */
int sbnn_synthetic_write(const char *dir, const sbnn_dataset *d, sbnn_error *e);

#endif
