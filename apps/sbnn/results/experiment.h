/* experiment.h - what one trained model leaves behind: scores by stage, history by epoch, genes, predictions.
 * Filled by training/, kept by parts/, written by tables/, drawn by pictures/. Plain data: no
 * thread owns it once its model is done. */
#ifndef SBNN_EXPERIMENT_H
#define SBNN_EXPERIMENT_H

#include "sbnn.h"

#include <stdbool.h>

typedef enum sbnn_stage {
  SBNN_STAGE_FROZEN,
  SBNN_STAGE_UNFROZEN,
  SBNN_STAGE_PRUNED,
  SBNN_STAGE_FINETUNED,
  SBNN_N_STAGES
} sbnn_stage;
typedef enum sbnn_split { SBNN_TRAIN, SBNN_TEST, SBNN_N_SPLITS } sbnn_split;

extern const char *const sbnn_stage_names[SBNN_N_STAGES]; /* "frozen", "unfrozen", "pruned", "finetuned" */
extern const char *const sbnn_split_names[SBNN_N_SPLITS]; /* "train", "test" */

typedef struct sbnn_history_row {
  const char *phase; /* "pretrain", "frozen", "unfrozen", "finetune", "denoise", "autoencoder"; static */
  int epoch;         /* from 1, within the phase */
  double lr;
  double train_loss;        /* running mean over the epoch: cross-entropy (pretrain) or mean squared error */
  double test_loss;         /* after the epoch, on validation rows (pretrain) or test rows; NaN without */
  double train_r2, test_r2; /* pooled; NaN in pretrain: see train_accuracy */
  double test_r2_batches;   /* mean over batches of the R2 of each; NaN unless asked for */
  double train_accuracy, test_accuracy; /* pretrain only, else NaN */
  double penalty;                       /* value of the penalties after the epoch; NaN if not measured */
} sbnn_history_row;

/* Owns its arrays; sbnn_experiment_free. */
typedef struct sbnn_experiment {
  const char *model; /* "sbnn", "sbnn-nopretrain" or "sbnn-denoise" */
  int fold;          /* from 1; 0 = the whole data set */
  size_t n_train, n_test, n_responses;
  size_t *train_cells, *test_cells; /* data set rows, in the order of training and prediction */
  double *r2[SBNN_N_STAGES]
            [SBNN_N_SPLITS]; /* [1 + n_responses]: pooled, then each response; NULL: no such stage or split */
  sbnn_history_row *history;
  size_t n_history, history_room;
  size_t n_genes; /* kept */
  size_t *genes;  /* [n_genes] data set columns, largest norm first; forward selection: in its order */
  double *norms;  /* [n_genes] row norms before pruning; of a linear selection: see linear/choose.h */
  size_t n_told, n_tried; /* whole data set: genes that linear/chance.h tells from chance, of so many; 0: not
                             looked at */
  size_t n_all;           /* inputs before pruning; 0 with a linear selection */
  size_t *all_genes;      /* [n_all] data set columns */
  double *all_norms;      /* [n_all] */
  double *predictions;    /* own units, row-major: test [n_test x n_responses]; whole data set: train rows */
  double *latent;         /* whole data set: [n_train x bottleneck] */
  double *gene_predictions; /* whole data set: autoencoder head, z-scores [n_train x n_genes], in the order of
                               `genes` */
  double *response_predictions; /* whole data set: alloencoder head, z-scores [n_train x n_responses] */
  double *gene_measured, *response_measured; /* the same as measured: training/measured.h; NULL: not kept */
  bool *left_out; /* [n_responses] constant over the training cells: NaN in r2 and predictions; NULL: none */
  int bottleneck;
  double lasso;                          /* paper's recipe: the penalty, as given, chosen or found */
  int prune_epoch;                       /* --prune-at best: of the phase before pruning; else 0 */
  double input_noise, bottleneck_noise;  /* denoising recipe: as trained */
  size_t clusters_used, cells_clustered; /* pretraining; 0 without */
  int pretrain_epoch;                    /* whose weights went on */
  double seconds;                        /* wall time of this model */
} sbnn_experiment;

bool sbnn_experiment_denoised(
    const sbnn_experiment *x); /* trained by --recipe denoise, by its model's name */
size_t sbnn_experiment_shared(const sbnn_experiment *a, const sbnn_experiment *b); /* genes that both kept */
void sbnn_experiment_free(sbnn_experiment *x);                                     /* leaves *x all zero */
void sbnn_experiment_add(sbnn_experiment *x, const sbnn_history_row *row);

#endif
