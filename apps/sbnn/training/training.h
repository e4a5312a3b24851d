/* training.h - what it takes to train one model (model.h): matrices, options, and where things go. */
#ifndef SBNN_TRAINING_H
#define SBNN_TRAINING_H

#include "parts/parts.h"
#include "results/experiment.h"
#include "training/prepared.h"
#include "training/recipe.h"

/* The epoch that has just ended; borrowed. */
typedef struct sbnn_epoch {
  const sbnn_experiment *experiment; /* so far; its last row of history is of this epoch */
  const char *phase;
  int number, of; /* from 1, of so many in the phase */
  double r2;      /* of the test rows, else of the training rows; NaN where responses are not predicted */
} sbnn_epoch;

/* Told of each epoch, from the training thread. Returns false to stop (an interrupt). */
typedef bool sbnn_epoch_hook(void *ctx, const sbnn_epoch *epoch);

/* All borrowed. */
typedef struct sbnn_training {
  const sbnn_model_options *options;
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

#endif
