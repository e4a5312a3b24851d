/* results.h - what a finished command hands to every writer: the data set and its experiments. */
#ifndef SBNN_RESULTS_RESULTS_H
#define SBNN_RESULTS_RESULTS_H

#include "data/dataset.h"
#include "results/experiment.h"
#include "sbnn.h"

#include <stdbool.h>
#include <stddef.h>

/* Which columns of the predictions the overlays show, by position; n 0: the largest norms, the best
 * predicted. */
typedef struct sbnn_overlay_choice {
  size_t n_genes, n_responses; /* up to SBNN_OVERLAYS each */
  size_t genes[9], responses[9];
} sbnn_overlay_choice;

/* A row of srrr.tsv as far as figures need it: means over folds. */
typedef struct sbnn_srrr_mean {
  size_t rank;
  double lambda, genes;
  double r2, sd; /* test, relaxed fit */
} sbnn_srrr_mean;

/* All borrowed. Files list experiments in the order given here: by model, then by fold. Fold 0 (the whole
 * data set, `train`) and folds from 1 (`cv`) do not mix. */
typedef struct sbnn_results {
  const sbnn_dataset *data;
  const char *protocol; /* "strict" or "paper" */
  size_t n;
  const sbnn_experiment *experiments; /* [n] */
  sbnn_overlay_choice overlays;
  size_t n_path, n_levels;
  const sbnn_srrr_mean *path;   /* [n_path] of `srrr`: R2 by number of genes */
  const sbnn_srrr_mean *levels; /* [n_levels] of another run, to compare with: see pictures.h */
  size_t genes_kept;            /* by each network, where experiments do not hold them; else 0 */
} sbnn_results;

enum { SBNN_MAX_MODELS = 4 };

/* True for the results of `cv`: folds from 1. */
bool sbnn_results_folded(const sbnn_results *r);

/* The distinct models in order of appearance; returns their number. */
size_t sbnn_results_models(const sbnn_results *r, const char *model[SBNN_MAX_MODELS]);

/* The last stage that the experiment reached, -1 if none. */
int sbnn_last_stage(const sbnn_experiment *x);

/* Labels that name something: without the trailing "unlabelled". */
size_t sbnn_named_labels(const sbnn_dataset *d);

/* The latent as maps show it, [n_train x bottleneck]; the caller frees. As it is, or, under the denoising
 * recipe, each unit with mean 0 and population sd 1: without a penalty their scale is arbitrary. */
double *sbnn_map_positions(const sbnn_experiment *x);

enum { SBNN_MAP_NEIGHBOURS = 15, SBNN_MAP_MOST_CELLS = 20000 };

/* How well the latent map keeps labels together: leave-one-out nearest-neighbour accuracy over
 * SBNN_MAP_NEIGHBOURS cells. NaN without labels or latent, and above SBNN_MAP_MOST_CELLS cells, where it
 * would take longer than the training. */
double sbnn_map_accuracy(const sbnn_dataset *d, const sbnn_experiment *x);

/* Mean and population standard deviation (ddof 0) of the values that are not NaN; NaN both when n is 0. */
typedef struct sbnn_mean_sd {
  double mean, sd;
  size_t n;
} sbnn_mean_sd;

sbnn_mean_sd sbnn_mean_sd_of(const double *value, size_t n);

/* R2 over the folds of a model; target 0 is pooled, 1 + j response j. */
sbnn_mean_sd sbnn_results_r2(const sbnn_results *r, const char *model, sbnn_stage stage, sbnn_split split,
                             size_t target);

#endif
