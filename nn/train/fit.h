/* fit.h - the training loop. */
#ifndef NABLA_NN_TRAIN_FIT_H
#define NABLA_NN_TRAIN_FIT_H

#include "../data/data.h"
#include "../model/network.h"
#include "../model/state.h"
#include "weights.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_epoch { /* argument of on_epoch */
  int epoch, epochs;      /* epoch counts from 1 */
  double lr;
  int n_reports;
  const char *const *names; /* of the reports */
  const double *train;      /* running means over the epoch's batches, weighted by rows */
  const double *valid;      /* after the epoch; NULL without validation rows */
  nn_state *state;
} nn_epoch;

typedef struct nn_fit_options {
  int epochs;
  int first_epoch; /* 0 = 1; to continue from a checkpoint: the number of finished epochs + 1 */
  uint32_t seed, replica;
  bool keep_order;   /* keeps the order of the rows; default: they are shuffled in each epoch */
  const char *phase; /* part of the names of this fit's random streams ("pretrain"); NULL = "" */
  double (*schedule)(void *ctx, int64_t step, int64_t steps); /* factor on the learning rate; NULL = 1 */
  void *schedule_ctx;
  nn_split valid; /* n = 0: none */
  /* Weights of rows and classes; class weights count in training only. TN_EINVAL if the network does not use
   * nn_row_weights. */
  nn_weights weights;
  /* name of a report; its validation mean decides best_epoch and patience */
  const char *monitor;
  int patience;      /* epochs without improvement until stop; 0 = never stop */
  double min_delta;  /* an improvement is a change of the monitored mean by more than this */
  bool higher;       /* higher is better; default: lower */
  bool restore_best; /* leave the state of the best epoch, not the last */
  /* Called after each epoch; false stops the fit (TN_ESTOPPED). It may read the state (evaluate, predict, save) but must
   * not change it: after a NaN the fit is replayed from the last good state. */
  bool (*on_epoch)(void *ctx, const nn_epoch *e);
  void *on_epoch_ctx;
} nn_fit_options;

typedef struct nn_fit_result {
  int epochs;     /* the last epoch done; 0 = none */
  int best_epoch; /* 0 without monitor */
  double best;
  char message[256]; /* why it failed; TN_ENUMERIC: epoch, step, node; the state is the last good one */
} nn_fit_result;

/* Trains the state on the given rows. Each epoch shuffles them (unless keep_order), cuts them into batches
 * (the last may be shorter) and makes one optimizer step per batch. `result` may be NULL. With
 * nn_sum_over_ranks (optim/ranks.h) all ranks call nn_fit with the same arguments, and each trains on its
 * share; rows that do not fill an update are left out of the epoch.
 *
 * Random numbers depend on seed, replica, phase, epoch and step only. Epoch e (from 1) is ordered by tn_rng_permutation with
 * stream "shuffle/<phase>"; random nodes have their own streams under the key seed ^ tn_stream("phase/<phase>").
 *
 * Errors, with a sentence in result->message and nn_state_error:
 *   TN_EINVAL    no rows, no epochs, or rows or columns that the data lack; options that contradict each other; no optimizer,
 *                or a learning rate of 0; a state of another model, or one that is not set
 *   TN_ESHAPE    a column's rows have another shape than nn_input says
 *   TN_ESTOPPED  on_epoch returned false; the finished epochs count
 *   TN_ENUMERIC  a report or the minimised loss became NaN or infinite. Terms that depend on parameters alone (penalties)
 *                are checked after epochs 1, 2, 4, ... and the last
 *   TN_ENOMEM */
TN_MUST_CHECK tn_status nn_fit(nn_model *m, nn_state *s, const nn_data *d, nn_split rows,
                               const nn_fit_options *o, nn_fit_result *result);

#ifdef __cplusplus
}
#endif
#endif
