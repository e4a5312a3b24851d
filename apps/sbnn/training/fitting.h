/* fitting.h - one model under training: its data, its phases as built models, fits and scores. Private to
 * phases.c, which says what phases there are, and to the files named at the end. One fitting, one thread. */
#ifndef SBNN_FITTING_H
#define SBNN_FITTING_H

#include "training/phases.h"

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

bool sbnn__denoising(const sbnn__fitting *s); /* the recipe */

/* What all phases of the fitting's recipe have in common. */
sbnn_network sbnn__network_for(const sbnn__fitting *s, sbnn_head head, double lr);

/* Fresh weights; the caller copies over what the phase takes from an earlier one. */
int sbnn__phase_new(sbnn__fitting *s, sbnn_network network, sbnn__phase *f);
void sbnn__phase_free(sbnn__phase *f); /* leaves *f all zero */

/* One fit: rows that train, rows that are looked at after each epoch. */
typedef struct sbnn__course {
  nn_split rows, valid;
  int first, last; /* epochs; first 0 = 1 */
  int of;          /* so many has the phase; 0 = last */
  /* A report, the lowest of which over best_on (n 0: over valid) decides the epoch whose weights are left;
   * its number goes to *best_epoch. NULL: the last epoch's. */
  const char *monitor;
  nn_split best_on;
  int *best_epoch;
} sbnn__course;

/* Adds a row of history an epoch, with losses of the `valid` rows and the penalty unless --evaluate
 * stage-ends (and no monitor). */
int sbnn__fit(sbnn__fitting *s, sbnn__phase *f, const sbnn__course *c);

/* out: a new array [rows.n, columns]; freed by the caller in any case. */
int sbnn__predict(sbnn__fitting *s, sbnn__phase *f, nn_split rows, const char *output, int64_t columns,
                  tn_array *out);

/* Fills out->r2 of the stage, for training and test rows. */
int sbnn__score(sbnn__fitting *s, sbnn__phase *f, sbnn_stage stage);

/* Row norms of a [rows, columns] f32 kernel. */
void sbnn__row_norms(tn_view kernel, double *norms);

/* ---- parts of a recipe, by file; order [n_inputs]: columns of x, the kept ones first ---- */

/* phases.c: the paper's recipe up to pruning, and all of it; the training on the kept genes, from the weights
 * of `from` or fresh (NULL), as s->name. */
int sbnn__on_all_genes(sbnn__fitting *s, sbnn__phase *unfrozen, size_t *order);
int sbnn__as_published(sbnn__fitting *s, size_t *order);
int sbnn__on_kept_genes(sbnn__fitting *s, const sbnn__phase *from, const size_t *order);

/* proximal.c: from the weights of `from` (NULL: fresh) to a network of which just so many genes have weights
 * other than 0, by an adaptive group lasso that grows from epoch to epoch, in the epochs of the phase. The
 * lambda it took goes to out->lasso. */
int sbnn__sparsify(sbnn__fitting *s, const sbnn__phase *from, const sbnn_phase_options *o, size_t genes,
                   sbnn__phase *f);

/* denoise.c: the other recipe, and its choice of genes. */
int sbnn__denoise(sbnn__fitting *s, size_t *order);
int sbnn__choose_genes(sbnn__fitting *s, size_t *order);

/* tuning.c: --noise auto and --lasso auto set their levels in `o`, and in what the model leaves. */
int sbnn__set_noise(sbnn__fitting *s, size_t *order, sbnn_options *o);
int sbnn__set_lasso(sbnn__fitting *s, sbnn_options *o);

#endif
