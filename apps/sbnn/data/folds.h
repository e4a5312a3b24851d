/* folds.h - cross-validation: which cells are trained on, which tested.
 *   strict  k blocks of a permutation that together test every cell; sizes differ by at most one
 *   paper   k blocks of floor(n / k); the last n mod k cells of the permutation are never tested
 * Threads: a finished sbnn_folds is read-only and may be shared. */
#ifndef SBNN_DATA_FOLDS_H
#define SBNN_DATA_FOLDS_H

#include "sbnn.h"

#include <stddef.h>
#include <stdint.h>

typedef enum sbnn_protocol { SBNN_PROTOCOL_STRICT, SBNN_PROTOCOL_PAPER } sbnn_protocol;

/* Owns its arrays; release with sbnn_folds_free. */
typedef struct sbnn_folds {
  size_t n_cells, n_folds;
  size_t *order; /* n_cells: the permutation of 0..n_cells-1 */
  size_t *start; /* n_folds + 1: fold k (from 0) tests order[start[k]] .. order[start[k+1] - 1] */
} sbnn_folds;

/* Can so many cells make so many folds? SBNN_USAGE, SBNN_BAD_INPUT: no. */
int sbnn_folds_check(size_t n_cells, size_t n_folds, sbnn_error *e);

typedef struct sbnn_folds_options {
  sbnn_protocol protocol;
  size_t n_cells, n_folds;
  const char *
      permutation_path; /* one cell number from 0 a line, n_cells lines, gz allowed; NULL: drawn from the seed */
  uint64_t seed;
  const int32_t *
      groups; /* [n_cells] no group is divided (nn_folds_grouped); NULL: there are none. Not with a permutation */
  size_t n_groups;
} sbnn_folds_options;

/* On failure *f is all zero. SBNN_BAD_INPUT: fewer cells, or groups, than folds, or a file that is no permutation (line
 * named). SBNN_USAGE: fewer than two folds. */
int sbnn_folds_make(const sbnn_folds_options *o, sbnn_folds *f, sbnn_error *e);

/* The test cells of fold k (from 0): a borrowed pointer into f->order; *n is their number. */
const size_t *sbnn_fold_test(const sbnn_folds *f, size_t k, size_t *n);

/* Writes the training cells of fold k, the permutation without the test block, to rows (room for n_cells);
 * returns their number. */
size_t sbnn_fold_train(const sbnn_folds *f, size_t k, size_t *rows);

void sbnn_folds_free(sbnn_folds *f); /* leaves *f all zero */

/* A permutation of 0..n-1 drawn from the seed (Fisher-Yates on Philox): pure. */
void sbnn_permutation(uint64_t seed, size_t n, size_t *order);

/* The same, with the cells of a group together, groups in an order drawn from the seed. groups NULL: no groups. */
void sbnn_permutation_of_groups(uint64_t seed, size_t n, const int32_t *groups, size_t n_groups,
                                size_t *order);

/* The place nearest to `wanted` of those from 1 to n - 1 where one group of an order ends and another begins; 0: there
 * is none. `group` gives that of the i-th. */
size_t sbnn_group_boundary(size_t n, size_t wanted, int32_t (*group)(const void *ctx, size_t i),
                           const void *ctx);

#endif
