/* path.c - `sbnn path`: the folds of cv, and all cells, for each penalty and each width of the bottleneck. */
#include "commands/commands.h"
#include "commands/replicas.h"
#include "commands/room_options.h"
#include "commands/write_results.h"
#include "results/path_results.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct own_options {
  sbnn_numbers penalties; /* in place of lasso */
  sbnn_whole_list widths; /* in place of bottleneck */
} own_options;

static const own_options *own_of(const sbnn_options *o) { return sbnn_own(o, &sbnn_command_path); }

/* What is trained: settings by width, then by penalty; of each the folds, then all cells. */
typedef struct plan {
  size_t n_folds, n_settings;
  sbnn_options *options; /* [n_settings] */
  sbnn_crossval folds;
  size_t *cells; /* all, in random order */
} plan;

/* The penalty of a number of genes is found anew for each width and fold. */
static bool finds_penalty(const sbnn_options *o) {
  return o->penalty == SBNN_PENALTY_PROXIMAL && o->genes > 0;
}

static void plan_settings(plan *p, const sbnn_options *o) {
  const own_options *own = own_of(o);
  size_t n_lambdas = finds_penalty(o) ? 1 : (size_t)own->penalties.n;
  p->n_settings = (size_t)own->widths.n * n_lambdas;
  p->options = sbnn_alloc(p->n_settings, sizeof *p->options);
  for (size_t i = 0; i < p->n_settings; i++) {
    p->options[i] = *o;
    p->options[i].bottleneck = own->widths.value[i / n_lambdas];
    p->options[i].lasso = own->penalties.value[i % n_lambdas];
  }
}

/* The i-th model. */
static sbnn_replica replica(const plan *p, const sbnn_dataset *d, size_t i) {
  size_t setting = i / (p->n_folds + 1), fold = i % (p->n_folds + 1);
  const sbnn_options *o = &p->options[setting];
  bool whole = fold == p->n_folds, pretrain = sbnn_options_pretrain(o);
  sbnn_replica r = {.model = sbnn_model_options_of(o),
                    .matrices = sbnn_matrices_options_of(o, pretrain, 1),
                    .cells = {.train = p->cells, .n_train = d->n_cells},
                    .experiment = {.model = sbnn_model_name(o->recipe, pretrain)}};
  if (!whole) r = sbnn_replica_of_fold(&p->folds, o, pretrain, fold);
  r.by_batch = !whole;
  r.may_be_empty = true; /* a point of the path as well */
  size_t used = 0;
  if (!finds_penalty(o)) used = (size_t)snprintf(r.title, sizeof r.title, "lambda %g, ", o->lasso);
  snprintf(r.title + used, sizeof r.title - used, "%d unit%s", o->bottleneck, o->bottleneck == 1 ? "" : "s");
  r.task = (sbnn_task){.model = r.experiment.model,
                       .fold = r.experiment.fold,
                       .penalty = finds_penalty(o) ? 0 : o->lasso,
                       .width = o->bottleneck};
  if (whole) snprintf(r.where, sizeof r.where, "%s, all cells", r.title);
  else snprintf(r.where, sizeof r.where, "%s, fold %zu", r.title, fold + 1);
  return r;
}

static int write(const void *ctx, const char *directory, sbnn_error *e) {
  return sbnn_write_path_tables(directory, ctx, e);
}

static int draw(const void *ctx, const char *figures, sbnn_error *e) {
  return sbnn_write_path_pictures(figures, ctx, e);
}

static void print(const void *ctx, FILE *to) { sbnn_print_path(to, ctx); }

/* As given, or the mean over folds of those found. */
static double penalty(const plan *p, const sbnn_options *o, const sbnn_experiment *folds) {
  double sum = 0;
  for (size_t i = 0; i < p->n_folds; i++) sum += folds[i].lasso;
  return finds_penalty(o) ? sum / (double)p->n_folds : o->lasso;
}

static int finish(sbnn_session *session, const plan *p, const sbnn_replica *r, sbnn_error *e) {
  size_t each = p->n_folds + 1, n = p->n_settings * each;
  sbnn_experiment *x = sbnn_alloc(n, sizeof *x);
  sbnn_path_setting *s = sbnn_alloc(p->n_settings, sizeof *s);
  for (size_t i = 0; i < n; i++) x[i] = r[i].experiment;
  for (size_t i = 0; i < p->n_settings; i++) {
    const sbnn_options *o = &p->options[i];
    const sbnn_experiment *folds = &x[i * each];
    s[i] = (sbnn_path_setting){o->bottleneck, penalty(p, o, folds), folds, &folds[p->n_folds]};
  }
  sbnn_path_results path = {.data = session->data,
                            .n_settings = p->n_settings,
                            .n_penalties = p->n_settings / (size_t)own_of(session->options)->widths.n,
                            .n_folds = p->n_folds,
                            .settings = s};
  sbnn_results none = {.data = session->data, .protocol = sbnn_protocol_name(session->options)};
  sbnn_output output = {.ctx = &path, .write = write, .draw = draw, .print = print};
  int code = sbnn_write_results(session, &none, &output, e);
  free(s);
  free(x);
  return code;
}

static int run_models(sbnn_session *session, const plan *p, sbnn_error *e) {
  size_t n = p->n_settings * (p->n_folds + 1);
  sbnn_replica *r = sbnn_alloc(n, sizeof *r);
  for (size_t i = 0; i < n; i++) r[i] = replica(p, session->data, i);
  int code = sbnn_replicas_run(session, r, n, e);
  if (code == SBNN_OK && session->complete) code = finish(session, p, r, e);
  for (size_t i = 0; i < n; i++) sbnn_experiment_free(&r[i].experiment);
  free(r);
  return code;
}

static int train(sbnn_session *session, sbnn_error *e) {
  const sbnn_options *o = session->options;
  plan p = {.n_folds = (size_t)o->folds};
  const sbnn_crossval_options how = sbnn_crossval_options_of(o, sbnn_options_pretrain(o));
  int code = sbnn_crossval_make(session->data, &how, &p.folds, e);
  if (code != SBNN_OK) return code;
  plan_settings(&p, o);
  p.cells = sbnn_alloc(session->data->n_cells, sizeof *p.cells);
  sbnn_permutation_of_groups((uint64_t)o->seed, session->data->n_cells, session->data->groups,
                             session->data->n_groups, p.cells);
  code = run_models(session, &p, e);
  free(p.cells);
  free(p.options);
  sbnn_crossval_free(&p.folds);
  return code;
}

static int run(const sbnn_options *o, sbnn_error *e) {
  sbnn_session session = {.options = o};
  return sbnn_session_run(&session, train, e);
}

/* The penalty varies, so that the number of genes follows from it unless it is asked for. */
static int resolve(sbnn_options *o, sbnn_error *e) {
  (void)e;
  if (o->penalty == SBNN_PENALTY_PROXIMAL && !sbnn_options_given(o, "genes")) o->genes = 0;
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
    {.group = SBNN_GROUP_NETWORK,
     .kind = SBNN_OPTION_COUNTS,
     .name = "bottleneck",
     .value = "N,N,...",
     .field = SBNN_OWN_FIELD(own_options, widths),
     .initial = "2",
     .lowest = 1,
     .highest = 100000,
     .help = "units of the bottleneck, combined with each penalty"},
    {.group = SBNN_GROUP_NETWORK,
     .kind = SBNN_OPTION_NUMBERS,
     .name = "lambdas",
     .value = "L,L,...",
     .field = SBNN_OWN_FIELD(own_options, penalties),
     .initial = "0.0001,0.01,0.1,1",
     .help = "group lasso penalties, or FIRST:LAST:STEP"},
};

static const char *const files[] = {"path.tsv", "path_curves.tsv", "path_folds.tsv", "path_norms.tsv", NULL};
static const char *const figures[] = {"path_curves", "path_norms", "path_widths", NULL};

const sbnn_command sbnn_command_path = {
    .name = "path",
    .usage = "{--x COUNTS --y RESPONSES | --data DATA} --out DIR [OPTIONS]",
    .summary = "cross-validate several penalties and bottleneck widths",
    .description =
        "Cross-validates the network for each penalty and each width of the bottleneck, on the same\n"
        "folds as cv, and trains it on all cells. Reports R2 by epoch and by width, and the norms of\n"
        "the genes before pruning.\n",
    .example = "path --data data.safetensors --bottleneck 2,4,8 --lambdas 0.01,0.1 --out path",
    .takes = SBNN_TAKES_FIT | SBNN_TAKES_SHARDS | SBNN_TAKES_NETWORK | SBNN_TAKES_FOLDS,
    SBNN_ROWS(own_rows),
    .own_size = sizeof(own_options),
    .resolve = resolve,
    .run = run,
    .files = files,
    .figures = figures,
};
