/* prepared.h - from a data set to the matrices of one model: what is fitted on which cells. Under `paper`
 * normalisation, gene choice, z-scores and k-means see all cells and a fold is centred by its training means;
 * under `strict` all see its training cells only. A response that is constant over these, as rare ones are in
 * a small part of the cells, cannot be scaled: it is left out of that model. */
#ifndef SBNN_TRAINING_PREPARED_H
#define SBNN_TRAINING_PREPARED_H

#include "data/prepare.h"
#include "results/experiment.h"

#include <stdbool.h>
#include <stdint.h>

/* What a network is trained on and tested by: training rows first, then test rows. Borrowed. */
typedef struct sbnn_matrices {
  size_t n_train, n_test, n_inputs, n_responses;
  float *x;                  /* [n_train + n_test, n_inputs] */
  float *y;                  /* [n_train + n_test, n_responses], centred on the training rows */
  const size_t *input_genes; /* [n_inputs] data set columns */
  const int32_t
      *clusters; /* [n_train] k-means class of each training row, -1: left out; NULL: no pretraining */
  int64_t n_clusters;
  const int32_t
      *groups; /* [n_train] of each training row, those of one group together: none is divided when a part of
                            the rows is held back; NULL: there are none */
} sbnn_matrices;

/* How they are made. */
typedef struct sbnn_matrices_options {
  sbnn_prepare_options prepare; /* may_be_constant is set here, by the number of training cells */
  bool pretrain;                /* with clusters: k-means of the training cells' responses */
  int clusters, cluster_min;    /* how many; those of fewer cells are left out */
  int kmeans_restarts;
  uint64_t seed;
  int threads; /* of k-means */
} sbnn_matrices_options;

/* Which rows of the data set; borrowed. */
typedef struct sbnn_cells {
  const size_t *train, *test;
  size_t n_train, n_test;
} sbnn_cells;

/* Matrices with what they were made from. Owns everything but what `shared` says. */
typedef struct sbnn_prepared {
  sbnn_matrices matrices;
  sbnn_preparation preparation;
  double *y_center;  /* [n_responses] what centring took off the z-scores */
  int32_t *clusters; /* [n_train] behind matrices.clusters */
  int32_t *groups;   /* [n_train] behind matrices.groups */
  bool *left_out;    /* [responses of the data set] constant over the training cells; NULL: none */
} sbnn_prepared;

/* What `paper` fits once on all cells; all zero under `strict`. */
typedef struct sbnn_shared {
  sbnn_preparation preparation;
  float *x, *y;      /* all cells */
  int32_t *clusters; /* [n_cells], NULL without pretraining */
  int64_t n_clusters;
} sbnn_shared;

/* SBNN_BAD_INPUT as prepare.h and kmeans.h say. */
int sbnn_shared_make(const sbnn_dataset *d, const sbnn_matrices_options *o, sbnn_shared *s, sbnn_error *e);
void sbnn_shared_free(sbnn_shared *s);

/* shared NULL: everything is fitted on the training rows. SBNN_BAD_INPUT as above. Threads: any number at once
 * on different outputs. */
int sbnn_prepared_make(const sbnn_dataset *d, const sbnn_matrices_options *o, const sbnn_shared *shared,
                       const sbnn_cells *cells, sbnn_prepared *f, sbnn_error *e);
void sbnn_prepared_free(sbnn_prepared *f);

/* z-scores [rows, responses of the data set] to the responses' own units (clr: its own), in place. */
void sbnn_to_own_units(const sbnn_prepared *f, double *z, size_t rows);

/* Scores and predictions of a trained model as of all responses of the data set: NaN for those that the matrices
 * leave out, which x->left_out then names. Nothing to do without any. */
void sbnn_prepared_widen(const sbnn_prepared *f, sbnn_experiment *x);

/* A sentence on what was left out, which the caller frees: "WHERE: the response 'a' has ..."; NULL: nothing.
 */
char *sbnn_left_out_sentence(const sbnn_dataset *d, const char *where, const bool *left_out, size_t n_train);

#endif
