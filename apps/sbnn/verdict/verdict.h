/* verdict.h - how far the genes of a run can be trusted: findings, each with the figure it stands on, for
 * verdict.tsv, run.json, the terminal and the report. docs/output.md describes them; verdict_limits.h says
 * how the limits were measured. */
#ifndef SBNN_VERDICT_VERDICT_H
#define SBNN_VERDICT_VERDICT_H

#include "results/results.h"
#include "results/stability_results.h"

#include <stdbool.h>
#include <stdio.h>

/* Owns its strings. */
typedef struct sbnn_finding {
  char *folder; /* of results, when several are read together; else "" */
  char *model;  /* as in genes.tsv */
  char *
      about; /* "norms", "chance", "folds", "restarts", "halves", "unseen", "responses", "linear", "advice" */
  bool doubt;         /* does it speak against the genes (of "responses": against a response)? */
  double seen, limit; /* the figure and where doubt begins; NaN for advice */
  char *text;         /* one sentence, without a full stop */
} sbnn_finding;

/* {0} is an empty one. */
typedef struct sbnn_verdict {
  size_t n;
  sbnn_finding *list;
} sbnn_verdict;

/* Takes over `text`; copies the other strings of *f. */
void sbnn_verdict_add(sbnn_verdict *v, const sbnn_finding *f);
void sbnn_verdict_free(sbnn_verdict *v); /* leaves *v empty */

/* Is there a doubt about the genes? */
bool sbnn_verdict_doubts(const sbnn_verdict *v);

/* What a verdict needs to know of how the models were made; borrowed. */
typedef struct sbnn_verdict_options {
  size_t candidates;       /* genes that each model chose from */
  size_t genes;            /* how many were to be kept */
  bool linear_choice;      /* a linear model chose them, not the network */
  bool group_lasso;        /* that of the group lasso */
  bool prunes_by_norm;     /* the largest norms were kept; else those that a penalty left */
  const char *y_transform; /* a rule (y_transform.h); NULL: none */
} sbnn_verdict_options;

/* What the results of train or cv say, with an advice if there is doubt. `o`: the options they were made by.
 */
void sbnn_judge_results(const sbnn_results *r, const sbnn_verdict_options *o, sbnn_verdict *v);

/* The same of many runs. */
void sbnn_judge_stability(const sbnn_stability_results *s, const sbnn_verdict_options *o, sbnn_verdict *v);

/* Everything that the folder and the folders in it say together: their tables of findings, and the linear
 * model beside each cross-validated network. SBNN_BAD_INPUT with one sentence: a table cannot be read. */
int sbnn_judge_folders(const char *directory, sbnn_verdict *v, sbnn_error *e);

#define SBNN_VERDICT_FILE "verdict.tsv"

/* DIRECTORY/verdict.tsv, unless there is nothing to say. SBNN_FAILED with one sentence (I/O). */
int sbnn_write_verdict(const char *directory, const sbnn_verdict *v, sbnn_error *e);

/* Adds what the folder's verdict.tsv holds, under the name `folder`; nothing if there is none.
 * SBNN_BAD_INPUT. */
int sbnn_read_verdict(const char *directory, const char *folder, sbnn_verdict *v, sbnn_error *e);

/* "sbnn-denoise": "the denoising recipe". Static, or `model` itself. */
const char *sbnn_model_in_words(const char *model);

/* Adds the findings of one model to *v, with one advice at most: that of train, or the one below. */
void sbnn_verdict_of_model(const sbnn_verdict *all, const char *model, sbnn_verdict *v);

/* Of 177 of M1's cells two disjoint halves share 10 of 25 genes by it, 4 by forward selection, 2 by the
 * paper's recipe; R2 of ten folds 0.36, 0.25, 0.18, and 0.31 of the linear model of rank 2. */
#define SBNN_ADVICE_LASSO                                                                                    \
  "Try --recipe denoise --select group-lasso, which chooses the same genes more often when cells are few "   \
  "and "                                                                                                     \
  "predicts unseen cells better"

/* A command's last words, by model: the doubts and the advice, or what speaks for the genes. */
void sbnn_print_verdict(FILE *to, const sbnn_verdict *v);

#endif
