/* write_results.h - the end of a session: what a command leaves in its directory, and its last words. Threads: one. */
#ifndef SBNN_WRITE_RESULTS_H
#define SBNN_WRITE_RESULTS_H

#include "commands/session.h"

/* What a command writes besides run.json, and its last words; ctx is passed on. */
typedef struct sbnn_output {
  const void *ctx;
  int (*write)(const void *ctx, const char *directory, sbnn_error *e);
  int (*draw)(const void *ctx, const char *figures,
              sbnn_error *e); /* NULL: no pictures; in a process of its own */
  void (*print)(const void *ctx, FILE *to);
  bool weights;                /* does it leave a model */
  const sbnn_verdict *verdict; /* NULL: what the results say */
} sbnn_output;

/* Writes the output (NULL: tables, pictures and summary of train and cv) and run.json, commits the directory,
 * prints the last words and where things are. session->out is released. SBNN_PARTIAL: all but the pictures, whose
 * drawing crashed. */
int sbnn_write_results(sbnn_session *session, const sbnn_results *r, const sbnn_output *output,
                       sbnn_error *e);

#endif
