/* folds.h - cross-validation: which rows to train on and which to test. */
#ifndef NABLA_NN_DATA_FOLDS_H
#define NABLA_NN_DATA_FOLDS_H

#include "data.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The rows in some order, divided into blocks. Fold k (from 0) tests rows order[start[k]] to order[start[k +
 * 1] - 1] and trains on all others. Rows of `order` after the last block are never tested. The struct owns
 * its arrays; release them with nn_folds_free. Threads: it is read-only once made, and may be shared. */
typedef struct nn_folds {
  int64_t n_rows, n_folds;
  int64_t *order; /* [n_rows] */
  int64_t *start; /* [n_folds + 1] */
  const tn_alloc *alloc;
} nn_folds;

/* Every row is tested once. The sizes of the blocks differ by at most one; larger blocks come first. 2 <= n_folds
 * <= n_rows (TN_EINVAL). TN_ENOMEM. On failure *out is all zero.
 *   order       of the rows, a permutation of 0 ... n_rows - 1 (else TN_EINVAL); copied. NULL: drawn from the seed
 *   stratified  classes [n_rows] of an integer type: the rows of each class are shuffled by the seed and
 *               dealt to the folds in turn, so that two folds differ by at most one row of each class.
 *               TN_ESHAPE, TN_ETYPE */
TN_MUST_CHECK tn_status nn_folds_new(const tn_alloc *alloc, int64_t n_rows, int64_t n_folds,
                                     const int64_t *order, uint32_t seed, nn_folds *out);
TN_MUST_CHECK tn_status nn_folds_stratified(const tn_alloc *alloc, tn_view classes, int64_t n_folds,
                                            uint32_t seed, nn_folds *out);
/* Rows of one group are tested together: groups [n_rows] of an integer type, at least n_folds different ones
 * (TN_EINVAL). Groups, the largest first, go to the fold that has the fewest rows; groups of equal size in an
 * order drawn from the seed. So block sizes differ, by at most the size of the largest group. In `order` the
 * rows of a group are contiguous. */
TN_MUST_CHECK tn_status nn_folds_grouped(const tn_alloc *alloc, tn_view groups, int64_t n_folds,
                                         uint32_t seed, nn_folds *out);
void nn_folds_free(nn_folds *f); /* leaves *f all zero; NULL is allowed */

/* The rows that fold k tests, borrowed from f; n is 0 if there is no fold k. */
nn_split nn_fold_test(const nn_folds *f, int64_t k);

/* Writes the rows that fold k trains on, in the order of f->order, to rows (room for n_rows); the split borrows them. */
nn_split nn_fold_train(const nn_folds *f, int64_t k, int64_t *rows);

#ifdef __cplusplus
}
#endif
#endif
