/* fitting.h - one network under training: its data, fits and scores. Private to training/: the files of phases
 * are written with it. One fitting, one thread. */
#ifndef SBNN_FITTING_H
#define SBNN_FITTING_H

#include "training/network.h"
#include "training/training.h"

/* A network with its model and values; owned. */
typedef struct sbnn__net {
  sbnn_network network;
  nn_model *model;
  nn_state *state;
} sbnn__net;

/* All borrowed but data and rows, which open_data makes and close_data releases. */
typedef struct sbnn__fitting {
  const sbnn_matrices *p;
  const sbnn_training *t;
  const sbnn_recipe_options *o; /* of the recipe under way: those of t, its chooser's, or a trial's */
  sbnn_experiment *out;
  sbnn_error *e;
  nn_data *data;
  int64_t *rows;    /* 0 .. n_train + n_test - 1: train, then test */
  const char *name; /* of the phase under way */
} sbnn__fitting;

/* Functions that return int: an exit code, with the sentence in s->e. */

/* The exit code and sentence for a library call that failed. */
int sbnn__failed(sbnn__fitting *s, tn_status status, const char *message);

int sbnn__open_data(sbnn__fitting *s); /* call close_data in any case */
void sbnn__close_data(sbnn__fitting *s);
nn_split sbnn__train_rows(const sbnn__fitting *s);
nn_split sbnn__test_rows(const sbnn__fitting *s);

/* Where n training rows (NULL: the first n) are divided when a part of them is held back: at *first or, with groups, at
 * the end of a group nearest to it. SBNN_BAD_INPUT: all are of one group. */
int sbnn__divide(const sbnn__fitting *s, const int64_t *rows, size_t n, size_t *first);

bool sbnn__denoising(const sbnn__fitting *s); /* the recipe */

/* What all networks of the fitting's recipe have in common. */
sbnn_network sbnn__network_for(const sbnn__fitting *s, sbnn_head head, double lr);

/* Fresh weights; the caller copies over what the phase takes from an earlier one. */
int sbnn__net_new(sbnn__fitting *s, sbnn_network network, sbnn__net *f);
void sbnn__net_free(sbnn__net *f); /* leaves *f all zero */

/* One fit: rows that train, rows that are looked at after each epoch. */
typedef struct sbnn__fit_plan {
  nn_split rows, valid;
  int first, last; /* epochs; first 0 = 1 */
  int of;          /* so many has the phase; 0 = last */
  /* A report, the lowest of which over best_on (n 0: over valid) decides the epoch whose weights are left;
   * its number goes to *best_epoch. NULL: the last epoch's. */
  const char *monitor;
  nn_split best_on;
  int *best_epoch;
} sbnn__fit_plan;

/* Adds a row of history an epoch, with losses of the `valid` rows and the penalty unless --evaluate
 * stage-ends (and no monitor). */
int sbnn__fit(sbnn__fitting *s, sbnn__net *f, const sbnn__fit_plan *c);

/* out: a new array [rows.n, columns]; freed by the caller in any case. */
int sbnn__predict(sbnn__fitting *s, sbnn__net *f, nn_split rows, const char *output, int64_t columns,
                  tn_array *out);

/* Fills out->r2 of the stage, for training and test rows. */
int sbnn__score(sbnn__fitting *s, sbnn__net *f, sbnn_stage stage);

/* Row norms of a [rows, columns] f32 kernel. */
void sbnn__row_norms(tn_view kernel, double *norms);

#endif
