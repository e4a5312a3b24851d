/* run_facts.h - how a finished run was made, and its scores, from its run.json. Threads: finished facts are
 * read-only. */
#ifndef SBNN_TABLES_RUN_FACTS_H
#define SBNN_TABLES_RUN_FACTS_H

#include "sbnn.h"

/* Of one model, pooled over responses, at the end; NaN: there is none. */
typedef struct sbnn_run_score {
  char *model;
  double mean[2], sd[2]; /* R2 of training and of test cells, over folds */
  size_t folds;
} sbnn_run_score;

/* kind: 's' text, 'n' a number, 'w' a whole one, 'b' true or false. */
typedef struct sbnn_run_option {
  char *name, kind, *text; /* text: of 's' */
  double number;
} sbnn_run_option;

/* Owns its members. */
typedef struct sbnn_run_facts {
  char *command, *version;
  double seed; /* NaN: none */
  size_t n_options, n_scores;
  sbnn_run_option *options; /* those that have a value */
  sbnn_run_score *scores;
} sbnn_run_facts;

/* DIRECTORY/run.json. SBNN_BAD_INPUT: it cannot be read, or is none of ours; SBNN_FAILED: memory. *f is all zero then. */
int sbnn_run_facts_read(const char *directory, sbnn_run_facts *f, sbnn_error *e);
void sbnn_run_facts_free(sbnn_run_facts *f);

/* The text of an option; NULL: it has none. */
const char *sbnn_run_facts_text(const sbnn_run_facts *f, const char *option);

#endif
