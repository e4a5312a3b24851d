/* train.h - training on a whole data set, for `train` and `demo`. */
#ifndef SBNN_TRAIN_H
#define SBNN_TRAIN_H

#include "commands/session.h"

/* Looks at the finished model before it is freed. */
typedef int sbnn_train_check(void *ctx, const sbnn_experiment *x, sbnn_error *e);

/* Trains on w->data, writes everything to w->out (released on success), then calls `check` (may be NULL). */
int sbnn_train_on(sbnn_session *session, sbnn_train_check *check, void *check_ctx, sbnn_error *e);

#endif
