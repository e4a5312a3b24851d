/* demo.c - `sbnn demo`: synthetic data of known truth, trained on from end to end. */
#include "commands/commands.h"
#include "commands/train.h"
#include "data/synthetic.h"
#include "figures/canvas.h"
#include "report/report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PASS_PERCENT = 90 };

typedef struct own_options {
  int cells, genes, responses; /* how many to make */
  bool tables_only;
} own_options;

typedef struct truth_check {
  const sbnn_synthetic_truth *truth;
  size_t found;
} truth_check;

static int count_planted(void *ctx, const sbnn_experiment *x, sbnn_error *e) {
  truth_check *c = ctx;
  (void)e;
  for (size_t i = 0; i < x->n_genes; i++)
    for (size_t k = 0; k < c->truth->n_planted; k++) c->found += c->truth->planted[k] == x->genes[i];
  return SBNN_OK;
}

/* The tables as files, so that they can be looked at and tried with train and cv; under a name that nobody
 * has, so that --force destroys no tables of the user's. */
static int write_tables(const char *directory, const sbnn_dataset *d, sbnn_error *e) {
  if (mkdir(directory, 0777) != 0 && errno != EEXIST)
    return sbnn_fail(e, SBNN_FAILED, "cannot create the directory %s: %s", directory, strerror(errno));
  return sbnn_synthetic_write(directory, d, e);
}

/* --tables-only: no directory of results, so that nothing is staged, locked or removed. */
static int make_tables(const sbnn_options *o, const sbnn_dataset *d, sbnn_error *e) {
  if (mkdir(o->out, 0777) != 0 && errno != EEXIST)
    return sbnn_fail(e, SBNN_FAILED, "cannot create the directory %s: %s", o->out, strerror(errno));
  char *tables = sbnn_path_in(o->out, "demo-data");
  int code = write_tables(tables, d, e);
  if (code == SBNN_OK && !o->quiet) fprintf(stderr, "The tables are in %s\n", tables);
  free(tables);
  return code;
}

static void say_what_is_there(const sbnn_options *o, const truth_check *c, const char *tables,
                              const char *page) {
  const size_t n = c->truth->n_planted;
  char *word = sbnn_shell_word(tables);
  fprintf(stderr,
          "Marker genes found: %zu of %zu (%.0f %%)\n"
          "The tables are in %s. For unseen cells, and for all steps in one command, try\n"
          "  %s cv --x %s/counts.csv --y %s/responses.csv --labels %s/labels.tsv --out cv-demo\n"
          "  %s run --x %s/counts.csv --y %s/responses.csv --labels %s/labels.tsv --out run-demo\n"
          "The report, for a browser: %s\n",
          c->found, n, 100.0 * (double)c->found / (double)n, tables, sbnn_program, word, word, word,
          sbnn_program, word, word, word, page);
  free(word);
  if (sbnn_figures_available())
    fprintf(stderr,
            "Its pictures as files: %s/figures/latent_map.png, overlays.png and training_curves.png\n",
            o->out);
}

static int report(const sbnn_options *o, const sbnn_dataset *d, const truth_check *c, sbnn_error *e) {
  const size_t n = c->truth->n_planted;
  char *tables = sbnn_path_in(o->out, "demo-data"), *page = sbnn_path_in(o->out, "report.html");
  int code = write_tables(tables, d, e);
  if (code == SBNN_OK) code = sbnn_report_write(o->out, o->out, page, e);
  if (code == SBNN_OK && !o->quiet) say_what_is_there(o, c, tables, page);
  free(tables);
  free(page);
  if (code != SBNN_OK || 100 * c->found >= PASS_PERCENT * n) return code;
  return sbnn_fail(
      e, SBNN_FAILED,
      "only %zu of %zu marker genes were found (%d %% are expected): this build does not train correctly",
      c->found, n, PASS_PERCENT);
}

static int train_on_truth(const sbnn_options *o, sbnn_session *session, const sbnn_synthetic_truth *truth,
                          sbnn_error *e) {
  truth_check check = {truth, 0};
  const sbnn_dataset *d = session->data;
  if (!o->quiet)
    fprintf(stderr, "Synthetic data: %zu cells of %zu families, %zu genes of which %zu drive %zu responses\n",
            d->n_cells, d->n_labels, d->n_genes, truth->n_planted, d->n_responses);
  if (!(session->out = sbnn_outdir_open(o->out, o->force, e))) return e->code;
  int code = sbnn_train_on(session, count_planted, &check, e);
  if (code == SBNN_OK) code = report(o, d, &check, e);
  sbnn_outdir_abort(session->out);
  return code;
}

static int run(const sbnn_options *o, sbnn_error *e) {
  const own_options *own = sbnn_own(o, &sbnn_command_demo);
  sbnn_options resolved = *o;
  if (!o->out) { /* our own directory may be filled again and again */
    resolved.out = "sbnn-demo";
    resolved.force = true;
  }
  resolved.command = &sbnn_command_train; /* what it is from here on, in run.json too */
  sbnn_dataset data;
  sbnn_synthetic_truth truth;
  sbnn_session session = {.options = &resolved, .data = &data, .start = sbnn_clock()};
  const sbnn_synthetic_options s = {
      .n_cells = (size_t)own->cells, .n_genes = (size_t)own->genes, .n_responses = (size_t)own->responses};
  int code = sbnn_synthetic((uint64_t)o->seed, &s, &data, &truth, e);
  if (code != SBNN_OK) return code;
  resolved.genes = (int)truth.n_planted;
  code = own->tables_only ? make_tables(&resolved, &data, e) : train_on_truth(&resolved, &session, &truth, e);
  sbnn_synthetic_truth_free(&truth);
  sbnn_dataset_free(&data);
  return code;
}

static const sbnn_option own_rows[] = {
    {.group = SBNN_GROUP_DATA,
     .kind = SBNN_OPTION_WHOLE,
     .name = "cells",
     .value = "N",
     .field = SBNN_OWN_FIELD(own_options, cells),
     .initial = "600",
     .lowest = 60,
     .highest = SBNN_MANY,
     .help = "number of cells"},
    {.group = SBNN_GROUP_DATA,
     .kind = SBNN_OPTION_WHOLE,
     .name = "genes",
     .value = "N",
     .field = SBNN_OWN_FIELD(own_options, genes),
     .initial = "300",
     .lowest = 25,
     .highest = SBNN_MANY,
     .help = "number of genes; 25 of them drive the responses"},
    {.group = SBNN_GROUP_DATA,
     .kind = SBNN_OPTION_WHOLE,
     .name = "responses",
     .value = "N",
     .field = SBNN_OWN_FIELD(own_options, responses),
     .initial = "12",
     .lowest = 2,
     .highest = SBNN_MANY,
     .help = "number of responses"},
    {.group = SBNN_GROUP_DATA,
     .kind = SBNN_OPTION_FLAG,
     .name = "tables-only",
     .field = SBNN_OWN_FIELD(own_options, tables_only),
     .help = "write the tables, do not train"},
    {.group = SBNN_GROUP_OUTPUT,
     .kind = SBNN_OPTION_TEXT,
     .name = "out",
     .value = "DIR",
     .field = SBNN_FIELD(out),
     .help = "folder for the results (default: sbnn-demo, replaced each time)"},
};

static const char *const files[] = {"report.html", NULL}; /* beside those of train */

const sbnn_command sbnn_command_demo = {
    .name = "demo",
    .usage = "[OPTIONS]",
    .summary = "train on synthetic data with a known answer (one minute)",
    .description =
        "Makes synthetic cells with known marker genes, trains on them, and makes a report. Prints how\n"
        "many of the marker genes were found (at least 90 % are required) and where the pictures are.\n",
    .takes = SBNN_TAKES_SEED | SBNN_TAKES_FORCE | SBNN_TAKES_QUIET,
    SBNN_ROWS(own_rows),
    .own_size = sizeof(own_options),
    .run = run,
    .files = files,
};
