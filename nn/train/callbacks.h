/* callbacks.h - what people do after each epoch. */
#ifndef NABLA_NN_TRAIN_CALLBACKS_H
#define NABLA_NN_TRAIN_CALLBACKS_H

#include "fit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* on_epoch = nn_follow, on_epoch_ctx = one of these, zeroed but for what is wanted. Early stopping is nn_fit's own
 * (monitor, patience, restore_best). */
typedef struct nn_following {
  /* A row for each epoch: epoch, lr, then each report and, with validation rows, each "valid_" report. A file that is
   * there is added to where the fit goes on (epoch above 1), else begun anew. */
  const char *csv;
  /* Saves the state every `every` epochs (0 = 1) to this path, over the last one; what the fit needs to go on with is the
   * epoch, kept as metadata "epoch". */
  const char *checkpoint;
  int every;
  const char *stop_file; /* the fit stops (TN_ESTOPPED) after the epoch in which this file appears */
  /* A line for each epoch, "epoch 3/20  lr 0.001  mse 0.12 (0.15)"; the library itself never prints. */
  void (*progress)(void *ctx, const char *line);
  void *progress_ctx;
  bool (*then)(void *ctx, const nn_epoch *e); /* another callback, called last; NULL = none */
  void *then_ctx;
  /* Set by nn_follow when it stops the fit because of an error (TN_EIO, ...). */
  tn_status status;
  char message[256];
} nn_following;
bool nn_follow(void *following, const nn_epoch *e);

#ifdef __cplusplus
}
#endif
#endif
