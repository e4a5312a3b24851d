/* history.h - the history of a fit: one row for each epoch. */
#ifndef NABLA_NN_TRAIN_HISTORY_H
#define NABLA_NN_TRAIN_HISTORY_H

#include "fit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Records each epoch: set on_epoch = nn_history_record and on_epoch_ctx = a zeroed nn_history. A callback of your own may
 * call it too. If memory runs out it stops the fit and sets `status`. */
typedef struct nn_history_row {
  int epoch;
  double lr, train[NN_MAX_REPORTS], valid[NN_MAX_REPORTS];
} nn_history_row;
typedef struct nn_history {
  int n;
  nn_history_row *rows;
  const tn_alloc *alloc; /* NULL = default */
  size_t capacity;
  tn_status status;
} nn_history;
bool nn_history_record(void *history, const nn_epoch *e);
void nn_history_free(nn_history *h);

#ifdef __cplusplus
}
#endif
#endif
