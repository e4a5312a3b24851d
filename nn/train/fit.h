/* fit.h - the training loop. */
#ifndef NABLA_NN_TRAIN_FIT_H
#define NABLA_NN_TRAIN_FIT_H

#include "../data/data.h"
#include "../model/network.h"
#include "../model/state.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_epoch { /* what a callback sees */
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
  int first_epoch; /* 0 = 1; a fit that goes on from a checkpoint: one more than the epochs it had done */
  uint32_t seed, replica;
  bool keep_order;   /* the rows in the order given, in every epoch; else shuffled */
  const char *phase; /* names the random streams of this fit ("pretrain"); NULL = "" */
  double (*schedule)(void *ctx, int64_t step, int64_t steps); /* factor on the learning rate; NULL = 1 */
  void *schedule_ctx;
  nn_split valid;      /* n = 0: none */
  const char *monitor; /* a report: best weights and patience follow its validation mean (lower is better) */
  int patience;        /* epochs without improvement until stop; 0 = never stop */
  bool restore_best;   /* leave the state of the best epoch, not the last */
  /* After each epoch; false = stop (TN_ESTOPPED). May read the state (evaluate, predict, save), not change
   * it: after a NaN the fit is replayed. */
  bool (*on_epoch)(void *ctx, const nn_epoch *e);
  void *on_epoch_ctx;
} nn_fit_options;

typedef struct nn_fit_result {
  int epochs;     /* the last epoch done; 0 = none */
  int best_epoch; /* 0 without monitor */
  double best;
  char message[256]; /* why it failed; TN_ENUMERIC: epoch, step, node; the state is the last good one */
} nn_fit_result;

/* Reshuffles each epoch (unless keep_order), gathers batches, steps. The last batch may be short. All randomness is a pure
 * function of seed, replica, phase, epoch and step: the order of an epoch (counted from 1) is
 * tn_rng_permutation with stream "shuffle/<phase>"; random nodes have their own streams under the key
 * seed ^ tn_stream("phase/<phase>"). `result` may be NULL. TN_EINVAL: options that do not go together, no
 * rows, rows or columns that the data lack, no epochs, a network without optimizer or with a learning rate of
 * 0, a state of another model or one that was never given values; TN_ESHAPE: a column's rows; TN_ESTOPPED by
 * on_epoch, the epochs so far being done; TN_ENUMERIC: a report or a minimised loss, reported or not, became
 * NaN or infinite (terms of parameters alone, penalties, are looked at after epochs 1, 2, 4, ... and the last); TN_ENOMEM. */
TN_MUST_CHECK tn_status nn_fit(nn_model *m, nn_state *s, const nn_data *d, nn_split rows,
                               const nn_fit_options *o, nn_fit_result *result);

#ifdef __cplusplus
}
#endif
#endif
