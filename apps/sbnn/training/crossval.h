/* crossval.h - the folds of a cross-validation, with what its protocol fits once on all cells: the same for
 * every command that is given the same options. Threads: read-only once made. */
#ifndef SBNN_CROSSVAL_H
#define SBNN_CROSSVAL_H

#include "data/folds.h"
#include "training/prepared.h"

/* Owns everything. */
typedef struct sbnn_crossval {
  sbnn_folds folds;
  size_t **train, *n_train;  /* [folds] the training cells of each */
  sbnn_shared all;           /* all zero under strict */
  const sbnn_shared *shared; /* paper: &all; NULL under strict */
} sbnn_crossval;

typedef struct sbnn_crossval_options {
  sbnn_protocol protocol;
  size_t folds;
  const char *permutation_path; /* NULL: drawn from the seed; borrowed */
  uint64_t seed;
  sbnn_matrices_options matrices; /* of what the protocol fits on all cells */
} sbnn_crossval_options;

/* *c must not be moved. On failure it is all zero. SBNN_BAD_INPUT as folds.h and prepared.h say. */
int sbnn_crossval_make(const sbnn_dataset *d, const sbnn_crossval_options *o, sbnn_crossval *c,
                       sbnn_error *e);
void sbnn_crossval_free(sbnn_crossval *c);

#endif
