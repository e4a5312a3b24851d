/* phases.h - one model from fresh weights to the end. The paper's recipe: pretraining, frozen, unfrozen,
 * pruning, fine-tuning, autoencoder head. The denoising recipe: choice of genes, one training, autoencoder
 * head. Source of every constant of the former: the paper and its notebooks; the options carry them. */
#ifndef SBNN_PHASES_H
#define SBNN_PHASES_H

#include "options/options.h"
#include "parts/parts.h"
#include "results/experiment.h"
#include "training/network.h"

/* Prepared data of one model: training rows first, then test rows. Borrowed. */
typedef struct sbnn_problem {
  size_t n_train, n_test, n_inputs, n_responses;
  float *x;                  /* [n_train + n_test, n_inputs] */
  float *y;                  /* [n_train + n_test, n_responses], centred on the training rows */
  const size_t *input_genes; /* [n_inputs] data set columns */
  const int32_t
      *clusters; /* [n_train] k-means class of each training row, -1 = left out; NULL: no pretraining */
  int64_t n_clusters;
} sbnn_problem;

/* Told of each epoch, from the training thread. Returns false to stop (an interrupt). */
typedef bool sbnn_epoch_hook(void *ctx, const sbnn_experiment *x, const char *phase, int epoch, int epochs,
                             double r2);

typedef struct sbnn_training {
  const sbnn_options *options;
  uint32_t replica;      /* of the random numbers: the fold, 0 = whole data set */
  bool autoencoder;      /* train the second head, fill latent and gene predictions */
  bool by_batch;         /* after each epoch, R2 of the test rows by batch too */
  bool may_be_empty;     /* a penalty that leaves no gene: the mean in place of a failure */
  sbnn_epoch_hook *hook; /* may be NULL */
  void *hook_ctx;
  const char *model_path;           /* the finished model as safetensors; NULL = not kept */
  const char *rescue_path;          /* the last good state if a value becomes non-finite; NULL = not kept */
  const char *const (*metadata)[2]; /* of the safetensors file */
  int n_metadata;
  sbnn_parts *parts;     /* each finished phase goes there, those there are not run again; NULL: neither */
  const sbnn_task *task; /* of the parts; NULL only without */
} sbnn_training;

/* Trains the model and fills `out`: everything but the cells, names and own units, which the caller knows.
 * SBNN_NUMERICAL names phase and node; SBNN_INTERRUPTED. Threads: any number at once, on different
 * experiments. */
int sbnn_train_model(const sbnn_problem *p, const sbnn_training *t, sbnn_experiment *out, sbnn_error *e);

/* --noise auto tries so many pairs of levels (0.2, 0.4, 0.6, 0.8, 1 on the inputs, 0 and 0.1 on the
 * bottleneck), for so many epochs each: for progress. */
enum { SBNN_NOISE_LEVELS = 10 };
int sbnn_noise_epochs(const sbnn_options *o);

/* --lasso auto tries so many penalties, for so many epochs each. */
enum { SBNN_LASSO_LEVELS = 4 };
int sbnn_lasso_epochs(const sbnn_options *o, bool pretrain);

#endif
