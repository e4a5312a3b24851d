/* trainer.h - one training step at a time, for your own training loop. */
#ifndef NABLA_NN_TRAIN_TRAINER_H
#define NABLA_NN_TRAIN_TRAINER_H

#include "../model/network.h"
#include "../model/state.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One batch: a view for each column that the network reads. That is each nn_input and each ag_input. (Use
 * ag_input for values whose first axis is not the batch, such as the nodes and edges of one graph.) A view
 * has exactly the shape of its input, any strides and any element type; it is borrowed during the call.
 * Columns that are not read are ignored. */
typedef struct nn_column {
  const char *name;
  tn_view view;
} nn_column;
typedef struct nn_feed {
  const nn_column *columns;
  int n;
  int64_t rows;   /* nn_batch in the network; 0 = the first extent of the first column */
  int64_t length; /* nn_length in the network; 0 = nn_model_options.length */
  double lr;      /* learning rate of this step (of the first optimizer); 0 = the optimizer's own */
} nn_feed;

typedef struct nn_trainer_options {
  uint32_t seed, replica;
  const char *phase;   /* as in nn_fit_options; NULL = "" */
  bool keep_last_good; /* copies the state before each step and restores it if the step fails */
} nn_trainer_options;

/* A trainer steps a state. It compiles one run for each number of rows and length, and keeps it. Model and
 * state are borrowed. Several trainers may step one state in turn, and the state may be changed between
 * steps; one thread at a time. Steps continue the counter of the state, so a state that was saved and loaded
 * continues with the same random numbers. Errors: as nn_fit; nn_state_error has the sentence. */
typedef struct nn_trainer nn_trainer;
TN_MUST_CHECK tn_status nn_trainer_new(nn_model *m, nn_state *s, const nn_trainer_options *o,
                                       nn_trainer **out);
void nn_trainer_free(nn_trainer *t);

/* One step of the network's optimizers. reports[0..NN_MAX_REPORTS) gets the reports from before the update;
 * NULL is allowed. TN_ENUMERIC: a report, or a term of the loss that depends on the batch, is NaN or
 * infinite. With keep_last_good every value of the state is checked as well, and the state is restored to
 * what it was before the step; without it the state keeps what the step wrote. */
TN_MUST_CHECK tn_status nn_trainer_step(nn_trainer *t, const nn_feed *batch, double *reports);
/* Which batch the next step should take, counted from 0 over all ranks (nn_sum_over_ranks): batch b holds rows b * rows to
 * (b + 1) * rows - 1 of the order in which the rows are used. Without ranks: the number of steps made. */
int64_t nn_trainer_shard(const nn_trainer *t);

/* Computes the reports in NN_EVAL; no update. */
TN_MUST_CHECK tn_status nn_trainer_evaluate(nn_trainer *t, const nn_feed *batch, double *reports);
/* Computes a named output in NN_EVAL into out: [rows, ...], contiguous, of the output's type. */
TN_MUST_CHECK tn_status nn_trainer_predict(nn_trainer *t, const nn_feed *batch, const char *output,
                                           tn_view out);

#ifdef __cplusplus
}
#endif
#endif
