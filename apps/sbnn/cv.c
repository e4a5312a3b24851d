/* cv.c - `sbnn cv`: the folds as independent replicas, one thread each. */
#include "commands.h"
#include "interrupt.h"
#include "work.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct crossval {
  sbnn_work work;
  const sbnn_folds *folds;
  const sbnn_shared *shared;    /* paper; NULL under strict */
  sbnn_experiment *experiments; /* by model, then by fold */
  sbnn_error *errors;           /* one each */
  atomic_llong first_failed;    /* index of the first experiment that has failed so far */
} crossval;

/* --both has models of both kinds; otherwise the options say. */
static bool pretrained(const sbnn_options *o, const sbnn_experiment *x) {
  return o->both ? strcmp(x->model, "sbnn") == 0 : sbnn_options_pretrain(o);
}

/* Of an experiment under way, for the hook. */
typedef struct replica {
  crossval *v;
  int64_t i;
} replica;

/* Own units, and the cells' places in the data set. */
static void finish(const sbnn_fold *f, const size_t *train, const size_t *test, sbnn_experiment *x) {
  sbnn_to_own_units(f, x->predictions, x->n_test);
  x->train_cells = sbnn_alloc(x->n_train, sizeof *x->train_cells);
  x->test_cells = sbnn_alloc(x->n_test, sizeof *x->test_cells);
  memcpy(x->train_cells, train, x->n_train * sizeof *train);
  memcpy(x->test_cells, test, x->n_test * sizeof *test);
}

static const char *part_name(const sbnn_experiment *x, char name[64]) {
  snprintf(name, 64, "%s-%d", x->model, x->fold);
  return name;
}

/* A fold that an interrupted run has finished. */
static bool take_up(crossval *v, sbnn_experiment *x) {
  char name[64];
  if (!sbnn_parts_has(v->work.parts, part_name(x, name)) || !sbnn_parts_load(v->work.parts, name, x, NULL))
    return false;
  sbnn_progress_model_done(v->work.progress, x->model, x->fold, "finished before");
  return true;
}

/* After a failure nobody needs the later ones. The earlier ones go on: so the failure that is reported does
 * not depend on the threads. */
static bool is_pointless(crossval *v, int64_t i) { return i > atomic_load(&v->first_failed); }

static void note_failure(crossval *v, int64_t i) {
  long long first = atomic_load(&v->first_failed);
  while (i < first && !atomic_compare_exchange_weak(&v->first_failed, &first, i)) {}
}

static bool on_epoch(void *ctx, const sbnn_experiment *x, const char *phase, int epoch, int epochs,
                     double r2) {
  replica *r = ctx;
  return !is_pointless(r->v, r->i) && sbnn_work_epoch(&r->v->work, x, phase, epoch, epochs, r2);
}

static tn_status run_fold(void *ctx, int64_t i) {
  crossval *v = ctx;
  const sbnn_options *o = v->work.options;
  sbnn_experiment *x = &v->experiments[i];
  sbnn_error *e = &v->errors[i];
  char part[64];
  if (take_up(v, x)) return TN_OK;
  sbnn_fold fold;
  size_t n_test, *train = sbnn_alloc(v->folds->n_cells, sizeof *train);
  if (sbnn_interrupted() || is_pointless(v, i)) {
    free(train);
    return sbnn_fail(e, SBNN_INTERRUPTED, "interrupted; nothing was written") ? TN_ESTOPPED : TN_OK;
  }
  const size_t *test = sbnn_fold_test(v->folds, (size_t)x->fold - 1, &n_test);
  size_t n_train = sbnn_fold_train(v->folds, (size_t)x->fold - 1, train);
  int code =
      sbnn_fold_make(v->work.data, o, v->shared, train, n_train, test, n_test, pretrained(o, x), 1, &fold, e);
  if (code == SBNN_OK) {
    sbnn_training t = {
        .options = o, .replica = (uint32_t)x->fold, .hook = on_epoch, .hook_ctx = &(replica){v, i}};
    code = sbnn_train_model(&fold.problem, &t, x, e);
    if (code == SBNN_OK) {
      finish(&fold, train, test, x);
      code = sbnn_parts_store(v->work.parts, part_name(x, part), x, NULL, e);
    }
    if (code == SBNN_OK) {
      char sentence[96];
      snprintf(sentence, sizeof sentence, "test R2 %.3f (%.1f s)", x->r2[SBNN_STAGE_FINETUNED][SBNN_TEST][0],
               x->seconds);
      sbnn_progress_model_done(v->work.progress, x->model, x->fold, sentence);
    }
    sbnn_fold_free(&fold);
  }
  free(train);
  if (code != SBNN_OK && code != SBNN_INTERRUPTED) note_failure(v, i);
  return code == SBNN_OK ? TN_OK : TN_ESTOPPED;
}

/* The first failure by fold, with the fold's number before it. */
static int first_error(const crossval *v, size_t n, sbnn_error *e) {
  for (size_t i = 0; i < n; i++)
    if (v->errors[i].code != SBNN_OK && v->errors[i].code != SBNN_INTERRUPTED)
      return sbnn_fail(e, v->errors[i].code, "fold %d%s: %s", v->experiments[i].fold,
                       strcmp(v->experiments[i].model, "sbnn-nopretrain") == 0 ? " without pretraining" : "",
                       v->errors[i].text);
  for (size_t i = 0; i < n; i++)
    if (v->errors[i].code != SBNN_OK) return sbnn_fail(e, v->errors[i].code, "%s", v->errors[i].text);
  return SBNN_OK;
}

static int run_models(crossval *v, sbnn_error *e) {
  const sbnn_options *o = v->work.options;
  size_t n_folds = v->folds->n_folds, n_models = o->both ? 2 : 1, n = n_models * n_folds;
  size_t inputs = o->variable_genes && v->work.data->n_genes > (size_t)o->variable_genes
                      ? (size_t)o->variable_genes
                      : v->work.data->n_genes;
  double units = 0;
  v->experiments = sbnn_alloc(n, sizeof *v->experiments);
  v->errors = sbnn_alloc(n, sizeof *v->errors);
  atomic_init(&v->first_failed, (long long)n);
  for (size_t i = 0; i < n; i++) {
    bool pretrain = o->both ? i < n_folds : sbnn_options_pretrain(o);
    v->experiments[i].model = sbnn_model_name(o, pretrain);
    v->experiments[i].fold = (int)(i % n_folds) + 1;
    char name[64];
    if (!sbnn_parts_has(v->work.parts, part_name(&v->experiments[i], name)))
      units += sbnn_model_units(o, inputs, pretrain, false);
  }
  v->work.progress = sbnn_progress_new(stderr, units, (int)n, o->quiet);
  tn_status status = nn_replicas((int64_t)n, o->threads, run_fold, v);
  sbnn_progress_free(v->work.progress);
  int code = status == TN_OK ? SBNN_OK : first_error(v, n, e);
  if (code == SBNN_OK) {
    sbnn_results r = {.data = v->work.data,
                      .protocol = o->protocol == SBNN_PROTOCOL_PAPER ? "paper" : "strict",
                      .n = n,
                      .experiments = v->experiments};
    code = sbnn_work_finish(&v->work, &r, e);
  }
  for (size_t i = 0; i < n; i++) sbnn_experiment_free(&v->experiments[i]);
  free(v->experiments);
  free(v->errors);
  return code;
}

static int with_folds(crossval *v, sbnn_error *e) {
  const sbnn_options *o = v->work.options;
  sbnn_folds folds = {0};
  sbnn_shared shared = {0};
  bool paper = o->protocol == SBNN_PROTOCOL_PAPER;
  int code = sbnn_folds_make((sbnn_protocol)o->protocol, v->work.data->n_cells, (size_t)o->folds,
                             o->fold_permutation, (uint64_t)o->seed, &folds, e);
  if (code == SBNN_OK && paper)
    code = sbnn_shared_make(v->work.data, o, o->both || sbnn_options_pretrain(o), &shared, e);
  v->folds = &folds;
  v->shared = paper ? &shared : NULL;
  if (code == SBNN_OK) code = run_models(v, e);
  sbnn_shared_free(&shared);
  sbnn_folds_free(&folds);
  return code;
}

static int run(sbnn_work *w, sbnn_error *e) {
  crossval v = {.work = *w};
  int code = with_folds(&v, e);
  w->out = v.work.out; /* committed or not */
  return code;
}

int sbnn_cv(const sbnn_options *o, sbnn_error *e) {
  sbnn_work w = {.options = o};
  return sbnn_work_run(&w, run, e);
}
