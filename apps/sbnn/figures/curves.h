/* curves.h - training curves: R2 by epoch (figure 1b) and the pretraining cross-entropy.
 * All pointers are borrowed for the call. Any thread. Errors: SBNN_FAILED with one sentence (I/O); a chart
 * without series or epochs writes nothing and returns SBNN_OK. */
#ifndef SBNN_FIGURES_CURVES_H
#define SBNN_FIGURES_CURVES_H

#include "figures/canvas.h"

/* One training run, or the mean over folds. Arrays are [n], one value an epoch; NaN leaves a gap; NULL leaves
 * the line or band out. Point i stands at epoch first_epoch + i. `test` is the held-out or validation part.
 */
typedef struct sbnn_curve {
  const char *name;
  int64_t n;
  double first_epoch;
  const double *train, *test;
  const double *train_sd, *test_sd; /* half widths of the bands */
} sbnn_curve;

/* A stretch of epochs (from, to]; boundaries are drawn as lines, names above the frame. */
typedef struct sbnn_phase {
  const char *name;
  double from, to;
} sbnn_phase;

/* A horizontal reference level, e.g. {"sRRR rank 2", 0.35}. */
typedef struct sbnn_level {
  const char *name;
  double value;
} sbnn_level;

typedef struct sbnn_curves {
  int n_curves, n_phases, n_levels;
  const sbnn_curve *curve;
  const sbnn_phase *phase; /* in order of epochs, not overlapping */
  const sbnn_level *level;
  const char *test_name; /* what `test` is called in the legend; NULL = "test" (R2) or "validation" */
  const char *title;     /* NULL = none */
  const char *x_label;   /* NULL = "Epoch after pretraining" (R2) or "Epoch" */
  double width_mm;       /* 0 = 85, one column */
} sbnn_curves;

/* R2 by epoch: train dashed, test solid. The y axis shows what happens after the first tenth of the epochs,
 * from 0 or, where all curves stay far above, from higher up; never below -0.5: the first epochs of a fresh
 * readout can reach -3 and would flatten the rest. Writes DIRECTORY/NAME.{png,svg,pdf}. */
int sbnn_figure_r2(const char *directory, const char *name, const sbnn_curves *what, sbnn_error *e);

/* Unpenalised cross-entropy (nats) of the pretraining by epoch: train dashed, validation solid, the lowest
 * point of each validation curve marked. Phases and levels are drawn if given. */
int sbnn_figure_cross_entropy(const char *directory, const char *name, const sbnn_curves *what,
                              sbnn_error *e);

#endif
