/* mean_curves.h - of each model one curve: the mean over folds, epoch by epoch. Internal to pictures/. Any
 * thread. */
#ifndef SBNN_PICTURES_MEAN_CURVES_H
#define SBNN_PICTURES_MEAN_CURVES_H

#include "figures/curves.h"
#include "results/results.h"

typedef double sbnn_history_value(const sbnn_history_row *h);
typedef bool sbnn_history_filter(const sbnn_history_row *h);

/* One line with its band; NULL both when there is no value at all. */
typedef struct sbnn_mean_line {
  double *mean, *sd;
} sbnn_mean_line;

/* The curves of all models for one kind of row. */
typedef struct sbnn_mean_curves {
  sbnn_curve curve[SBNN_MAX_MODELS];
  sbnn_mean_line train[SBNN_MAX_MODELS], test[SBNN_MAX_MODELS];
  int n;
} sbnn_mean_curves;

/* Of the rows that `wanted` takes the values `train` and `test`; released with sbnn_mean_curves_free. */
void sbnn_mean_curves_make(const sbnn_results *r, sbnn_history_filter *wanted, sbnn_history_value *train,
                           sbnn_history_value *test, sbnn_mean_curves *s);
void sbnn_mean_curves_free(sbnn_mean_curves *s);

const char *sbnn_model_title(const char *model); /* "with pretraining" */

#endif
