/* trainer.h - training a step at a time: for loops of one's own. */
#ifndef NABLA_NN_TRAIN_TRAINER_H
#define NABLA_NN_TRAIN_TRAINER_H

#include "../model/network.h"
#include "../model/state.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One batch. A column is whatever the network reads with nn_input, or with ag_input where its first axis is
 * not the batch (the nodes and edges of one graph): a view of exactly that shape, of any strides and element
 * type, borrowed during the call. Columns that a plan does not read are passed over. */
typedef struct nn_column {
  const char *name;
  tn_view view;
} nn_column;
typedef struct nn_feed {
  const nn_column *columns;
  int n;
  int64_t rows;   /* what nn_batch says in the network; 0 = the first extent of the first column */
  int64_t length; /* what nn_length says; 0 = nn_model_options.length */
  double lr;      /* of this step, of the first optimizer; 0 = the network's own */
} nn_feed;

typedef struct nn_trainer_options {
  uint32_t seed, replica;
  const char *phase;   /* names the random streams, as in nn_fit_options; NULL = "" */
  bool keep_last_good; /* copies the state before each step, to go back to it when a step fails */
} nn_trainer_options;

/* A state and the runs that step it: one is made for each number of rows and length, and kept. Model and
 * state are borrowed; several trainers may work on one state in turn, and the state may be changed between
 * steps. One thread at a time. Steps are counted on from the state's own counter, so that one that was saved
 * and loaded goes on with the same random numbers. Errors as of nn_fit: nn_state_error has the sentence. */
typedef struct nn_trainer nn_trainer;
TN_MUST_CHECK tn_status nn_trainer_new(nn_model *m, nn_state *s, const nn_trainer_options *o,
                                       nn_trainer **out);
void nn_trainer_free(nn_trainer *t);

/* One step of the network's optimizers. `reports` (room for NN_MAX_REPORTS, may be NULL): the network's
 * reports, before the update. TN_ENUMERIC: a report or a term of the loss that depends on the batch is NaN or infinite, or, with
 * keep_last_good, a value of the state; the state is then that before the step, else what the step made of it.
 */
TN_MUST_CHECK tn_status nn_trainer_step(nn_trainer *t, const nn_feed *batch, double *reports);
/* The reports in NN_EVAL. */
TN_MUST_CHECK tn_status nn_trainer_evaluate(nn_trainer *t, const nn_feed *batch, double *reports);
/* A named output in NN_EVAL; out [rows, ...], contiguous, of the output's type. */
TN_MUST_CHECK tn_status nn_trainer_predict(nn_trainer *t, const nn_feed *batch, const char *output,
                                           tn_view out);

#ifdef __cplusplus
}
#endif
#endif
