/* fitting.h - one model under training: its data, its phases as built models, fits and scores. Private to
 * phases.c, which says what phases there are. One fitting, one thread. */
#ifndef SBNN_FITTING_H
#define SBNN_FITTING_H

#include "phases.h"

/* A built model with its values; owned. */
typedef struct sbnn__phase {
  sbnn_network network;
  nn_model *model;
  nn_state *state;
} sbnn__phase;

/* All borrowed but data and rows, which open_data makes and close_data releases. */
typedef struct sbnn__fitting {
  const sbnn_problem *p;
  const sbnn_training *t;
  const sbnn_options *o;
  sbnn_experiment *out;
  sbnn_error *e;
  nn_data *data;
  int64_t *rows;             /* 0 .. n_train + n_test - 1: train, then test */
  double sst[SBNN_N_SPLITS]; /* sum of squares of y over the rows of a split */
  const char *name;          /* of the phase under way */
} sbnn__fitting;

/* Functions that return int: an exit code, with the sentence in s->e. */

/* The exit code and sentence for a library call that failed. */
int sbnn__failed(sbnn__fitting *s, tn_status status, const char *message);

int sbnn__open_data(sbnn__fitting *s); /* call close_data in any case */
void sbnn__close_data(sbnn__fitting *s);
nn_split sbnn__train_rows(const sbnn__fitting *s);
nn_split sbnn__test_rows(const sbnn__fitting *s);

bool sbnn__denoising(const sbnn__fitting *s); /* the recipe */

/* What all phases of the fitting's recipe have in common. */
sbnn_network sbnn__network_for(const sbnn__fitting *s, sbnn_head head, double lr);

/* Fresh weights; the caller copies over what the phase takes from an earlier one. */
int sbnn__phase_new(sbnn__fitting *s, sbnn_network network, sbnn__phase *f);
void sbnn__phase_free(sbnn__phase *f); /* leaves *f all zero */

/* Adds a row of history an epoch, with losses of the `valid` rows and the penalty unless --evaluate
 * stage-ends (and not best). `best`: leaves the weights of the lowest validated cross-entropy. */
int sbnn__fit(sbnn__fitting *s, sbnn__phase *f, nn_split rows, nn_split valid, int epochs, bool best);

/* out: a new array [rows.n, columns]; freed by the caller in any case. */
int sbnn__predict(sbnn__fitting *s, sbnn__phase *f, nn_split rows, const char *output, int64_t columns,
                  tn_array *out);

/* Fills out->r2 of the stage, for training and test rows. */
int sbnn__score(sbnn__fitting *s, sbnn__phase *f, sbnn_stage stage);

/* Row norms of a [rows, columns] f32 kernel. */
void sbnn__row_norms(tn_view kernel, double *norms);

#endif
