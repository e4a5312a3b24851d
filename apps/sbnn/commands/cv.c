/* cv.c - `sbnn cv`: the folds, or some of them, as independent replicas, one thread each. */
#include "commands/commands.h"
#include "commands/replicas.h"
#include "commands/room_options.h"
#include "commands/write_results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct own_options {
  sbnn_whole_list only_folds; /* ascending, from 1; n = 0: all */
} own_options;

static const sbnn_whole_list *only_folds(const sbnn_options *o) {
  const own_options *own = sbnn_own(o, &sbnn_command_cv);
  return &own->only_folds;
}

static size_t folds_to_run(const sbnn_crossval *c, const sbnn_options *o) {
  return only_folds(o)->n ? (size_t)only_folds(o)->n : c->folds.n_folds;
}

static sbnn_replica replica(const sbnn_crossval *c, const sbnn_options *o, size_t i) {
  size_t n_folds = folds_to_run(c, o), fold = i % n_folds;
  bool pretrain = o->both ? i < n_folds : sbnn_options_pretrain(o);
  if (only_folds(o)->n) fold = (size_t)only_folds(o)->value[fold] - 1;
  sbnn_replica r = sbnn_replica_of_fold(c, o, pretrain, fold);
  const sbnn_experiment *x = &r.experiment;
  snprintf(r.title, sizeof r.title, "%s", x->model);
  if (strcmp(x->model, "sbnn-nopretrain") == 0)
    snprintf(r.where, sizeof r.where, "fold %d without pretraining", x->fold);
  return r;
}

static int finish(sbnn_session *session, const sbnn_replica *r, size_t n, sbnn_error *e) {
  sbnn_experiment *x = sbnn_alloc(n, sizeof *x);
  for (size_t i = 0; i < n; i++) x[i] = r[i].experiment;
  sbnn_results results = {
      .data = session->data, .protocol = sbnn_protocol_name(session->options), .n = n, .experiments = x};
  int code = sbnn_write_results(session, &results, NULL, e);
  free(x);
  return code;
}

static int train(sbnn_session *session, sbnn_error *e) {
  const sbnn_options *o = session->options;
  sbnn_crossval c;
  const sbnn_crossval_options how = sbnn_crossval_options_of(o, o->both || sbnn_options_pretrain(o));
  int code = sbnn_crossval_make(session->data, &how, &c, e);
  if (code != SBNN_OK) return code;
  size_t n = (o->both ? 2 : 1) * folds_to_run(&c, o);
  sbnn_replica *r = sbnn_alloc(n, sizeof *r);
  for (size_t i = 0; i < n; i++) r[i] = replica(&c, o, i);
  code = sbnn_replicas_run(session, r, n, e);
  if (code == SBNN_OK && session->complete) code = finish(session, r, n, e);
  for (size_t i = 0; i < n; i++) sbnn_experiment_free(&r[i].experiment);
  free(r);
  sbnn_crossval_free(&c);
  return code;
}

static int run(const sbnn_options *o, sbnn_error *e) {
  sbnn_session session = {.options = o};
  return sbnn_session_run(&session, train, e);
}

static int resolve(sbnn_options *o, sbnn_error *e) {
  const sbnn_whole_list *only = only_folds(o);
  for (int i = 0; i < only->n; i++)
    if (only->value[i] > o->folds || (i > 0 && only->value[i] <= only->value[i - 1]))
      return sbnn_fail(e, SBNN_USAGE, "--only-folds takes numbers from 1 to %d (--folds), in ascending order",
                       o->folds);
  return SBNN_OK;
}

static const sbnn_option own_rows[] = {
    {.group = SBNN_GROUP_PRETRAINING,
     .kind = SBNN_OPTION_CHOICE,
     .name = "pretrain-weights",
     .value = "auto|last|best",
     .field = SBNN_FIELD(pretrain_weights),
     .initial = "auto",
     .help = "weights kept; auto: best, with --protocol paper last"},
    {.group = SBNN_GROUP_PRETRAINING,
     .kind = SBNN_OPTION_FLAG,
     .name = "both",
     .field = SBNN_FIELD(both),
     .help = "train both models, with and without pretraining"},
    {.group = SBNN_GROUP_CROSS_VALIDATION,
     .kind = SBNN_OPTION_COUNTS,
     .name = "only-folds",
     .value = "N,N,...",
     .field = SBNN_OWN_FIELD(own_options, only_folds),
     .lowest = 1,
     .highest = 100000,
     .help = "train only these folds, counted from 1 (default: all)"},
    {.group = SBNN_GROUP_CROSS_VALIDATION,
     .kind = SBNN_OPTION_CHOICE,
     .name = "evaluate",
     .value = "each-epoch|stage-ends",
     .field = SBNN_FIELD(evaluate),
     .initial = "each-epoch",
     .help = "stage-ends: faster, no curves of test cells"},
};

static const char *const files[] = {
    "metrics.tsv", "history.tsv", "genes.tsv", "predictions.tsv", "predictions-nopretrain.tsv", NULL};

const sbnn_command sbnn_command_cv = {
    .name = "cv",
    .usage = "{--x COUNTS --y RESPONSES | --data DATA} --out DIR [OPTIONS]",
    .summary = "cross-validate: how well unseen cells are predicted",
    .description =
        "Leaves out one fold of the cells at a time, trains on the others, and predicts the cells left\n"
        "out. Reports R2, the share of the responses' variance that is predicted: mean and standard\n"
        "deviation over folds.\n",
    .example = "cv --x rna.csv.gz --y proteins.csv.gz --y-transform log1p --out crossval",
    .takes = SBNN_TAKES_FIT | SBNN_TAKES_SHARDS | SBNN_TAKES_NETWORK | SBNN_TAKES_RECIPE | SBNN_TAKES_FOLDS |
             SBNN_TAKES_COPY,
    SBNN_ROWS(own_rows),
    .own_size = sizeof(own_options),
    .resolve = resolve,
    .run = run,
    .files = files,
};
