/* problem.h - from a data set to the matrices of one model: what is fitted on which cells. Under `paper`
 * normalisation, gene choice, z-scores and k-means see all cells and a fold is centred by its training means;
 * under `strict` all see its training cells only. A response that is constant over these, as rare ones are in
 * a small part of the cells, cannot be scaled: it is left out of that model. */
#ifndef SBNN_PROBLEM_H
#define SBNN_PROBLEM_H

#include "data/folds.h"
#include "data/prepare.h"
#include "options/options.h"
#include "training/phases.h"

/* A problem with what it was made from. Owns everything but what `shared` says. */
typedef struct sbnn_fold {
  sbnn_problem problem;
  sbnn_preparation preparation;
  double *y_center;  /* [n_responses] what centring took off the z-scores */
  int32_t *clusters; /* [n_train] behind problem.clusters */
  bool *left_out;    /* [responses of the data set] constant over the training cells; NULL: none */
} sbnn_fold;

/* What `paper` fits once on all cells; all zero under `strict`. */
typedef struct sbnn_shared {
  sbnn_preparation preparation;
  float *x, *y;      /* all cells */
  int32_t *clusters; /* [n_cells], NULL without pretraining */
  int64_t n_clusters;
} sbnn_shared;

/* k-means with `threads`. SBNN_BAD_INPUT as prepare.h and kmeans.h say. */
int sbnn_shared_make(const sbnn_dataset *d, const sbnn_options *o, bool pretrain, sbnn_shared *s,
                     sbnn_error *e);
void sbnn_shared_free(sbnn_shared *s);

/* shared NULL: everything is fitted on the training rows. Threads: any number at once on different outputs.
 */
int sbnn_fold_make(const sbnn_dataset *d, const sbnn_options *o, const sbnn_shared *shared,
                   const size_t *train, size_t n_train, const size_t *test, size_t n_test, bool pretrain,
                   int threads, sbnn_fold *f, sbnn_error *e);
void sbnn_fold_free(sbnn_fold *f);

/* z-scores [rows, responses of the data set] to the responses' own units (clr: its own), in place. */
void sbnn_to_own_units(const sbnn_fold *f, double *z, size_t rows);

/* Scores and predictions of a trained model as of all responses of the data set: NaN for those that the fold
 * leaves out, which x->left_out then names. Nothing to do without any. */
void sbnn_fold_widen(const sbnn_fold *f, sbnn_experiment *x);

/* A sentence on what was left out, which the caller frees: "WHERE: the response 'a' has ..."; NULL: nothing.
 */
char *sbnn_left_out_sentence(const sbnn_dataset *d, const char *where, const bool *left_out, size_t n_train);

#endif
