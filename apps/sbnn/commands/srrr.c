/* srrr.c - `sbnn srrr`: sparse reduced-rank regression over ranks and penalties, on the folds of cv. */
#include "linear/srrr.h"
#include "commands/ranks.h"
#include "commands/room_options.h"
#include "commands/session.h"
#include "commands/shards.h"
#include "commands/srrr_map.h"
#include "commands/srrr_own.h"
#include "commands/srrr_part.h"
#include "commands/write_results.h"
#include "interrupt.h"
#include "parts/absent.h"
#include "pictures/pictures.h"
#include "tables/srrr_tables.h"
#include "tables/tables.h"
#include "training/crossval.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct fits {
  sbnn_session session;
  sbnn_crossval folds;
  size_t n_ranks, n_lambdas; /* n_lambdas is 1 when the number of genes is given */
  sbnn_srrr_score *scores;   /* [ranks x lambdas x folds] */
  sbnn_error *errors;        /* [folds] */
  sbnn_models models;
  char **notes; /* [folds] on what a fold leaves out; NULL: nothing */
} fits;

/* From the largest lambda down, whatever their order in the list. */
static void descending(const sbnn_numbers *list, size_t *order) {
  for (size_t i = 0; i < (size_t)list->n; i++) {
    size_t at = i;
    for (; at > 0 && list->value[order[at - 1]] < list->value[i]; at--) order[at] = order[at - 1];
    order[at] = i;
  }
}

static void score(const sbnn_prepared *f, sbnn_srrr_fit *fit, size_t fold, size_t rank, sbnn_srrr_score *s) {
  const sbnn_matrices *p = &f->matrices;
  *s = (sbnn_srrr_score){.rank = rank, .fold = (int)fold + 1, .lambda = fit->lambda, .n_genes = fit->n_genes};
  for (int split = 0; split < SBNN_N_SPLITS; split++) {
    size_t n = split == SBNN_TRAIN ? p->n_train : p->n_test, before = split == SBNN_TRAIN ? 0 : p->n_train;
    const sbnn_linear_data d = {p->x + before * p->n_inputs, p->y + before * p->n_responses, n, p->n_inputs,
                                p->n_responses};
    s->r2[split] = sbnn_linear_r2(&d, fit->genes, fit->n_genes, fit->b);
    s->relaxed[split] = sbnn_linear_r2(&d, fit->genes, fit->n_genes, fit->relaxed);
  }
  s->genes = sbnn_alloc(fit->n_genes, sizeof *s->genes);
  for (size_t k = 0; k < fit->n_genes; k++) s->genes[k] = p->input_genes[fit->genes[k]];
  s->norms = fit->norms;
  fit->norms = NULL;
}

static void report(fits *v, size_t fold, size_t done, const sbnn_srrr_score *s) {
  sbnn_progress_epoch(v->session.progress, &(sbnn_progress_step){.model = "srrr",
                                                                 .fold = (int)fold + 1,
                                                                 .phase = "fit",
                                                                 .epoch = (int)done,
                                                                 .epochs = (int)(v->n_ranks * v->n_lambdas),
                                                                 .units = 1,
                                                                 .score = "R2",
                                                                 .value = s->relaxed[SBNN_TEST]});
}

/* All penalties of one rank on one fold. */
static int run_path(fits *v, const sbnn_prepared *f, const sbnn_moments *m, size_t fold, size_t rank,
                    sbnn_error *e) {
  const sbnn_options *o = v->session.options;
  const sbnn_srrr_own *own = sbnn_srrr_own_of(o);
  size_t order[SBNN_MAX_LIST], r = (size_t)own->ranks.value[rank];
  sbnn_srrr *s = sbnn_srrr_new(m, r);
  int code = SBNN_OK;
  descending(&own->lambdas, order);
  for (size_t i = 0; i < v->n_lambdas && code == SBNN_OK; i++) {
    size_t at = o->genes ? 0 : order[i];
    sbnn_srrr_score *to = &v->scores[(rank * v->n_lambdas + at) * v->folds.folds.n_folds + fold];
    sbnn_srrr_fit fit = {0};
    if (sbnn_interrupted()) code = sbnn_fail(e, SBNN_INTERRUPTED, "interrupted; nothing was written");
    else if (o->genes) code = sbnn_srrr_solve_genes(s, (size_t)o->genes, &fit, e);
    else code = sbnn_srrr_solve(s, own->lambdas.value[at], &fit, e);
    if (code == SBNN_OK) {
      score(f, &fit, fold, r, to);
      report(v, fold, rank * v->n_lambdas + i + 1, to);
    }
    sbnn_srrr_fit_free(&fit);
  }
  sbnn_srrr_free(s);
  return code;
}

/* of: whose responses they are. */
static int check_ranks(const sbnn_options *o, size_t n_responses, const char *of, sbnn_error *e) {
  const sbnn_whole_list *ranks = &sbnn_srrr_own_of(o)->ranks;
  for (int i = 0; i < ranks->n; i++)
    if ((size_t)ranks->value[i] > n_responses)
      return sbnn_fail(e, SBNN_BAD_INPUT, "--ranks %d: %s has %zu responses, and the rank cannot be higher",
                       ranks->value[i], of ? of : "what varies in the fold", n_responses);
  return SBNN_OK;
}

int sbnn_srrr_check(const sbnn_options *o, const sbnn_dataset *d, sbnn_error *e) {
  const char *table = !o->data ? o->y : o->own_data && d->y_path ? d->y_path : o->data;
  return check_ranks(o, d->n_responses, table, e);
}

/* The fold's scores stand apart by the number of folds. */
static sbnn_srrr_fold fold_of(const fits *v, size_t fold) {
  size_t n_folds = v->folds.folds.n_folds;
  return (sbnn_srrr_fold){(int)fold + 1, v->scores + fold, v->n_ranks * v->n_lambdas, n_folds,
                          &v->notes[fold]};
}

/* What is there already, or belongs to another shard. */
static int take_fold(fits *v, size_t fold, bool *done, sbnn_error *e) {
  sbnn_srrr_fold f = fold_of(v, fold);
  *done = !sbnn_shard_has(&v->session.shard, fold);
  return *done ? SBNN_OK : sbnn_srrr_load(&v->session, &f, done, e);
}

/* Merge trains nothing unless it was told to. */
static int require_folds(const fits *v, sbnn_error *e) {
  const sbnn_merge *m = v->session.options->merge;
  sbnn_absent absent = {0};
  for (size_t i = 0; m && !m->fills && i < v->folds.folds.n_folds; i++) {
    const sbnn_task task = sbnn_srrr_task((int)i + 1);
    if (!sbnn_merge_has(m, &task)) sbnn_absent_add(&absent, &task);
  }
  return sbnn_absent_check(&absent, v->folds.folds.n_folds, e);
}

/* All ranks and penalties on one fold. */
static int fit_fold(fits *v, size_t fold, sbnn_error *e) {
  const sbnn_crossval *c = &v->folds;
  sbnn_prepared f;
  sbnn_cells cells = {.train = c->train[fold], .n_train = c->n_train[fold]};
  const sbnn_matrices_options how = sbnn_matrices_options_of(v->session.options, false, 1);
  cells.test = sbnn_fold_test(&c->folds, fold, &cells.n_test);
  int code = sbnn_prepared_make(v->session.data, &how, c->shared, &cells, &f, e);
  if (code != SBNN_OK) return code;
  sbnn_moments m;
  const sbnn_matrices *p = &f.matrices;
  char where[32];
  snprintf(where, sizeof where, "srrr, fold %zu", fold + 1);
  v->notes[fold] = sbnn_left_out_sentence(v->session.data, where, f.left_out, p->n_train);
  sbnn_moments_make(&(sbnn_linear_data){p->x, p->y, p->n_train, p->n_inputs, p->n_responses}, &m);
  code = check_ranks(v->session.options, p->n_responses, NULL, e);
  for (size_t rank = 0; rank < v->n_ranks && code == SBNN_OK; rank++)
    code = run_path(v, &f, &m, fold, rank, e);
  sbnn_moments_free(&m);
  sbnn_prepared_free(&f);
  return code;
}

static tn_status run_fold(void *ctx, int64_t i) {
  fits *v = ctx;
  size_t fold = (size_t)i;
  sbnn_error *e = &v->errors[fold];
  bool done;
  int code = take_fold(v, fold, &done, e);
  if (code == SBNN_OK && !done) {
    code = fit_fold(v, fold, e);
    const sbnn_srrr_fold f = fold_of(v, fold);
    if (code == SBNN_OK) code = sbnn_srrr_store(&v->session, &f, e);
    if (code == SBNN_OK) sbnn_progress_model_done(v->session.progress, "srrr", f.fold, NULL);
  }
  if (code != SBNN_OK && code != SBNN_INTERRUPTED) sbnn_models_failed(&v->models, i);
  return code == SBNN_OK ? TN_OK : TN_ESTOPPED;
}

/* Another process has fitted it. */
static tn_status take_one(void *ctx, int64_t i) {
  fits *v = ctx;
  sbnn_error *e = &v->errors[i];
  const sbnn_task task = sbnn_srrr_task((int)i + 1);
  bool done = false;
  if (sbnn_parts_wait(v->session.parts, &task)) (void)take_fold(v, (size_t)i, &done, e);
  if (!done)
    sbnn_fail(e, SBNN_FAILED, "another process has fitted it, but its file does not appear in %s",
              sbnn_parts_folder(v->session.parts));
  if (!done) return TN_EIO;
  sbnn_progress_add(v->session.progress, (double)(v->n_ranks * v->n_lambdas));
  sbnn_progress_model_done(v->session.progress, "srrr", (int)i + 1, NULL);
  return TN_OK;
}

static sbnn_error *error_of(void *ctx, int64_t i) { return &((fits *)ctx)->errors[i]; }

static int first_error(const fits *v, sbnn_error *e) {
  for (size_t i = 0; i < v->folds.folds.n_folds; i++)
    if (v->errors[i].code != SBNN_OK && v->errors[i].code != SBNN_INTERRUPTED)
      return sbnn_fail(e, v->errors[i].code, "srrr, fold %zu: %s", i + 1, v->errors[i].text);
  return sbnn_fail(e, SBNN_INTERRUPTED, "interrupted; nothing was written");
}

/* What srrr leaves: the folds' scores, and the results that hold their means and the map. */
typedef struct leavings {
  sbnn_srrr_results scores;
  sbnn_results results;
} leavings;

static int write(const void *ctx, const char *directory, sbnn_error *e) {
  const leavings *l = ctx;
  int code = sbnn_write_srrr(directory, &l->scores, e);
  return code == SBNN_OK && l->results.n ? sbnn_write_tables(directory, &l->results, e) : code;
}

static int draw(const void *ctx, const char *figures, sbnn_error *e) {
  return sbnn_write_pictures(figures, &((const leavings *)ctx)->results, e);
}

static void print(const void *ctx, FILE *to) { sbnn_print_srrr(to, &((const leavings *)ctx)->scores); }

static int write_all(fits *v, sbnn_error *e) {
  sbnn_session *session = &v->session;
  sbnn_experiment map;
  int code = sbnn_srrr_map(session, &map, e);
  if (code != SBNN_OK) return code;
  leavings l = {.scores = {.data = session->data,
                           .n_ranks = v->n_ranks,
                           .n_lambdas = v->n_lambdas,
                           .n_folds = v->folds.folds.n_folds,
                           .scores = v->scores},
                .results = {.data = session->data,
                            .protocol = sbnn_protocol_name(session->options),
                            .n = map.model ? 1 : 0,
                            .experiments = &map}};
  sbnn_srrr_mean *path = sbnn_srrr_means(&l.scores, &l.results.n_path);
  l.results.path = path;
  sbnn_output output = {.ctx = &l, .write = write, .draw = draw, .print = print};
  code = sbnn_write_results(session, &l.results, &output, e);
  free(path);
  sbnn_experiment_free(&map);
  return code;
}

static int run_folds(fits *v, sbnn_error *e) {
  const sbnn_options *o = v->session.options;
  v->n_ranks = (size_t)sbnn_srrr_own_of(o)->ranks.n;
  v->n_lambdas = o->genes ? 1 : (size_t)sbnn_srrr_own_of(o)->lambdas.n;
  size_t n_folds = v->folds.folds.n_folds, n = v->n_ranks * v->n_lambdas * n_folds;
  v->scores = sbnn_alloc(n, sizeof *v->scores);
  v->errors = sbnn_alloc(n_folds, sizeof *v->errors);
  v->notes = sbnn_alloc(n_folds, sizeof *v->notes);
  v->session.progress = sbnn_progress_new(stderr, (double)n, (int)n_folds, o->quiet);
  v->models = (sbnn_models){
      .n = (int64_t)n_folds, .compute = run_fold, .take = take_one, .error = error_of, .ctx = v};
  tn_status status = sbnn_models_run(o->ranks, &v->models, o->threads, e);
  sbnn_progress_free(v->session.progress);
  for (size_t i = 0; i < n_folds; i++) {
    if (v->session.complete) sbnn_session_note(&v->session, v->notes[i]);
    else free(v->notes[i]);
  }
  int code = status == TN_OK ? SBNN_OK : e->code ? e->code : first_error(v, e);
  if (code == SBNN_OK && v->session.complete) code = write_all(v, e);
  else if (code == SBNN_OK && v->session.shard.n) sbnn_session_say_shard(&v->session, n_folds);
  for (size_t i = 0; i < n; i++) {
    free(v->scores[i].genes);
    free(v->scores[i].norms);
  }
  free(v->scores);
  free(v->errors);
  free(v->notes);
  return code;
}

static int with_folds(fits *v, sbnn_error *e) {
  int code = sbnn_srrr_check(v->session.options, v->session.data, e);
  const sbnn_crossval_options how = sbnn_crossval_options_of(v->session.options, false);
  if (code == SBNN_OK) code = sbnn_crossval_make(v->session.data, &how, &v->folds, e);
  if (code == SBNN_OK) code = require_folds(v, e);
  if (code == SBNN_OK) code = run_folds(v, e);
  sbnn_crossval_free(&v->folds);
  return code;
}

static int fit(sbnn_session *session, sbnn_error *e) {
  fits v = {.session = *session};
  int code = with_folds(&v, e);
  *session = v.session; /* its directory committed or not */
  return code;
}

static int run(const sbnn_options *o, sbnn_error *e) {
  sbnn_session session = {.options = o};
  return sbnn_session_run(&session, fit, e);
}

static const sbnn_option own_rows[] = {
    {.kind = SBNN_OPTION_COUNTS,
     .name = "ranks",
     .value = "N,N,...",
     .field = SBNN_OWN_FIELD(sbnn_srrr_own, ranks),
     .initial = "2",
     .lowest = 1,
     .highest = 100000,
     .help = "ranks of the model; 2: as many dimensions as the map"},
    {.kind = SBNN_OPTION_NUMBERS,
     .name = "lambdas",
     .value = "L,L,...",
     .field = SBNN_OWN_FIELD(sbnn_srrr_own, lambdas),
     .initial = "0.1:1.5:0.1",
     .help = "group lasso penalties, or FIRST:LAST:STEP"},
    {.kind = SBNN_OPTION_WHOLE,
     .name = "genes",
     .value = "N",
     .field = SBNN_FIELD(genes),
     .initial = "0",
     .highest = SBNN_MANY,
     .help = "find the penalty that keeps N genes; 0: use --lambdas"},
};

static const char *const files[] = {
    "srrr.tsv",   "srrr_folds.tsv", "srrr_genes.tsv", "metrics.tsv", "genes.tsv", "predictions.tsv",
    "latent.tsv", "overlays.tsv",   "measured.tsv",   "labels.tsv",  NULL};

const sbnn_command sbnn_command_srrr = {
    .name = "srrr",
    .usage = "{--x COUNTS --y RESPONSES | --data DATA} --out DIR [OPTIONS]",
    .summary = "cross-validate a linear model: sparse reduced-rank regression",
    .description =
        "Predicts the responses from a few genes by a linear model of low rank, for each of --ranks and\n"
        "--lambdas, on the same folds as cv. 'Relaxed' results are of a second fit to the chosen genes,\n"
        "which the penalty does not shrink.\n",
    .example = "srrr --data data.safetensors --genes 25 --out linear",
    .takes = SBNN_TAKES_FIT | SBNN_TAKES_SHARDS | SBNN_TAKES_FOLDS | SBNN_TAKES_COPY,
    .heading = "Sparse reduced-rank regression",
    SBNN_ROWS(own_rows),
    .own_size = sizeof(sbnn_srrr_own),
    .run = run,
    .files = files,
};
