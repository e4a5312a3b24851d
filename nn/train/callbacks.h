/* callbacks.h - log, checkpoint, progress line and stop file after each epoch. */
#ifndef NABLA_NN_TRAIN_CALLBACKS_H
#define NABLA_NN_TRAIN_CALLBACKS_H

#include "fit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Set on_epoch = nn_follow and on_epoch_ctx = a pointer to this struct. Set the fields that you want, and
 * zero the others. (Early stopping is an option of nn_fit itself: monitor, patience, min_delta,
 * restore_best.) */
typedef struct nn_following {
  /* Path of a table with one row per epoch: epoch, lr, each report and, with validation rows, each report as
   * "valid_NAME". A fit that starts at epoch 1 replaces the file; a continued fit appends to it. */
  const char *csv;
  /* Path to which the state is saved every `every` epochs (0 = 1), over the previous file. The metadata "epoch" holds the
   * number of finished epochs. */
  const char *checkpoint;
  int every;
  /* Path to which the state is saved after each epoch that is better than all earlier ones: by the validation
   * mean of the report `monitor` (NULL: the first report), without validation rows by its training mean;
   * lower is better unless `higher`. A monitor that is no report stops the fit (status TN_EINVAL). */
  const char *best, *monitor;
  bool higher;
  const char *stop_file; /* the fit stops (TN_ESTOPPED) after the epoch in which this file appears */
  /* Gets one line per epoch, "epoch 3/20  lr 0.001  mse 0.12 (0.15)". The library itself never prints. */
  void (*progress)(void *ctx, const char *line);
  void *progress_ctx;
  bool (*then)(void *ctx, const nn_epoch *e); /* another callback, called last; NULL = none */
  void *then_ctx;
  /* Set by nn_follow when it stops the fit because of an error (TN_EIO, ...). */
  tn_status status;
  char message[256];
  /* Kept by nn_follow: the number of the best epoch so far (0: none) and its value. */
  int best_epoch;
  double best_value;
} nn_following;
bool nn_follow(void *following, const nn_epoch *e);

#ifdef __cplusplus
}
#endif
#endif
