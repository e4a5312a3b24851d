/* plateau.h - reduces the learning rate when a report no longer improves. */
#ifndef NABLA_NN_TRAIN_PLATEAU_H
#define NABLA_NN_TRAIN_PLATEAU_H

#include "fit.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { NN_PLATEAU_MOST = 64 }; /* reductions of one fit; there are no more */

/* PyTorch's ReduceLROnPlateau: after each epoch, the rate is multiplied by `factor` when the monitored mean has not fallen
 * below (1 - threshold) times the best one for more than `patience` epochs.
 *
 *     nn_plateau p = {.monitor = "mse", .patience = 5};
 *     options.schedule = nn_plateau_rate, options.schedule_ctx = &p;
 *     options.on_epoch = nn_plateau_watch, options.on_epoch_ctx = &p;
 *
 * The struct stores after which epochs it reduced the rate, so that a replayed step gets the rate that it
 * had. Use one struct per fit: for another fit, copy the settings to a new one. Zero the fields that you do
 * not set. A fit that is continued from a checkpoint needs the same struct. */
typedef struct nn_plateau {
  const char *monitor; /* name of a report, of which lower is better; NULL = the first */
  bool on_train;       /* its training mean, even if there are validation rows */
  double factor;       /* 0 = 0.1 */
  int patience;        /* epochs; 0: none, PyTorch's default is 10 */
  double threshold;    /* 0 = 1e-4 */
  int cooldown;        /* epochs after a reduction in which none is counted */
  double least;        /* the product of the factors does not fall below this */
  bool (*then)(void *ctx, const nn_epoch *e); /* another callback, called last; NULL = none */
  void *then_ctx;
  /* Kept by nn_plateau_watch. */
  double best;
  int seen, bad, waiting; /* epochs: all; consecutive ones without improvement; left of the cooldown */
  int epochs, n_reduced,
      after[NN_PLATEAU_MOST]; /* epochs of the fit; number of reductions; the epoch after which each was
                               * made */
} nn_plateau;

/* For nn_fit_options.on_epoch. A monitor that is no report stops the fit (TN_ESTOPPED). */
bool nn_plateau_watch(void *plateau, const nn_epoch *e);
/* For nn_fit_options.schedule. */
double nn_plateau_rate(void *plateau, int64_t step, int64_t steps);

#ifdef __cplusplus
}
#endif
#endif
