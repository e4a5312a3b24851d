/* run_json.h - run.json: how a run was made and what it found; fields in docs/output.md. */
#ifndef SBNN_TABLES_RUN_JSON_H
#define SBNN_TABLES_RUN_JSON_H

#include "results/results.h"
#include "verdict/verdict.h"

/* kind: 's' text, 'n' a number, 'b' true or false; value NULL: unset. */
typedef void sbnn_option_hook(void *ctx, const char *name, char kind, const char *value);

/* All borrowed. The command line is the process's own. */
typedef struct sbnn_run {
  const char *command; /* NULL: cv or train, as the results are */
  const int *seed;     /* NULL: none */
  /* Calls `each` for every option with its value as text: sbnn_options_each on the options. NULL: left out. */
  void (*each_option)(const void *options, sbnn_option_hook *each, void *ctx);
  const void *options;
  bool hints; /* with those on mismatching ids and the like */
  const sbnn_results *results;
  double seconds;              /* wall time of the whole command so far */
  double seconds_reading;      /* of it, reading the tables */
  double seconds_models;       /* of it, from the first model's start to the last one's end */
  const sbnn_verdict *verdict; /* NULL: left out */
  const char *resume_key;      /* of parts/parts.h; NULL: left out */
  char *const *notes;          /* [n_notes] what was done otherwise than asked */
  size_t n_notes;
  /* Calls `each` with version, commit, compiler, cpu, threads, ...: sbnn_build_facts. NULL: left out.
   */
  void (*facts)(void (*each)(void *ctx, const char *name, const char *value), void *ctx);
} sbnn_run;

/* SBNN_FAILED with one sentence (I/O). */
int sbnn_write_run_json(const char *path, const sbnn_run *run, sbnn_error *e);

/* Puts another verdict in place of that of a finished run. SBNN_BAD_INPUT, SBNN_FAILED with one sentence.
 * Without jansson: SBNN_OK. */
int sbnn_run_json_judge(const char *path, const sbnn_verdict *v, sbnn_error *e);

/* Is the text of the file `path` JSON? SBNN_BAD_INPUT with one sentence. Without jansson: SBNN_OK. */
int sbnn_run_json_check(const char *path, const char *text, sbnn_error *e);

#endif
