/* replicas.c - see replicas.h. */
#include "commands/replicas.h"

#include "commands/ranks.h"
#include "commands/shards.h"
#include "interrupt.h"
#include "parts/absent.h"

#include <stdio.h>
#include <string.h>

typedef struct ensemble {
  sbnn_session *session;
  sbnn_replica *replicas;
  sbnn_models models;
} ensemble;

/* Of a replica under way, for the hook. */
typedef struct watched {
  ensemble *all;
  int64_t i;
} watched;

static bool on_epoch(void *ctx, const sbnn_epoch *epoch) {
  watched *w = ctx;
  const sbnn_replica *r = &w->all->replicas[w->i];
  if (sbnn_models_pointless(&w->all->models, w->i)) return false;
  sbnn_session_epoch(w->all->session, &r->model, r->title, epoch);
  return true;
}

static void say_done(ensemble *a, const sbnn_replica *r) {
  const sbnn_experiment *x = &r->experiment;
  char sentence[96];
  snprintf(sentence, sizeof sentence, "%s R2 %.3f (%.1f s)", x->n_test ? "test" : "train",
           x->r2[SBNN_STAGE_FINETUNED][x->n_test ? SBNN_TEST : SBNN_TRAIN][0], x->seconds);
  sbnn_progress_model_done(a->session->progress, r->title, x->fold, sentence);
}

static size_t *copy(const size_t *cells, size_t n) {
  size_t *list = sbnn_alloc(n, sizeof *list);
  if (n) memcpy(list, cells, n * sizeof *list);
  return list;
}

/* Own units, and the cells' places in the data set. */
static void finish(const sbnn_prepared *f, const sbnn_replica *r, sbnn_experiment *x) {
  sbnn_prepared_widen(f, x);
  sbnn_to_own_units(f, x->predictions, x->n_test ? x->n_test : x->n_train);
  x->train_cells = copy(r->cells.train, r->cells.n_train);
  x->test_cells = copy(r->cells.test, r->cells.n_test);
}

static int train(ensemble *a, int64_t i) {
  sbnn_replica *r = &a->replicas[i];
  const sbnn_session *session = a->session;
  sbnn_prepared prepared;
  int code = sbnn_prepared_make(session->data, &r->matrices, r->shared, &r->cells, &prepared, &r->error);
  if (code != SBNN_OK) return code;
  sbnn_training t = {.options = &r->model,
                     .replica = r->number,
                     .by_batch = r->by_batch,
                     .may_be_empty = r->may_be_empty,
                     .hook = on_epoch,
                     .hook_ctx = &(watched){a, i}};
  code = sbnn_train_model(&prepared.matrices, &t, &r->experiment, &r->error);
  if (code == SBNN_OK) {
    finish(&prepared, r, &r->experiment);
    code = sbnn_parts_store(session->parts, &r->task, NULL, &r->experiment, NULL, &r->error);
  }
  sbnn_prepared_free(&prepared);
  return code;
}

static tn_status run_one(void *ctx, int64_t i) {
  ensemble *a = ctx;
  sbnn_replica *r = &a->replicas[i];
  sbnn_parts *parts = a->session->parts;
  if (r->there || !sbnn_shard_has(&a->session->shard, (size_t)i)) return TN_OK;
  if (sbnn_parts_load(parts, &r->task, NULL, &r->experiment, NULL)) {
    sbnn_progress_model_done(a->session->progress, r->title, r->experiment.fold, "finished before");
    return TN_OK;
  }
  if (sbnn_interrupted() || sbnn_models_pointless(&a->models, i)) {
    sbnn_fail(&r->error, SBNN_INTERRUPTED, "interrupted; nothing was written");
    return TN_ESTOPPED;
  }
  int code = train(a, i);
  if (code == SBNN_OK) say_done(a, r);
  else if (code != SBNN_INTERRUPTED) sbnn_models_failed(&a->models, i);
  return code == SBNN_OK ? TN_OK : TN_ESTOPPED;
}

/* Another process has trained it. */
static tn_status take_one(void *ctx, int64_t i) {
  ensemble *a = ctx;
  sbnn_replica *r = &a->replicas[i];
  sbnn_parts *parts = a->session->parts;
  if (!sbnn_parts_wait(parts, &r->task) || !sbnn_parts_load(parts, &r->task, NULL, &r->experiment, NULL)) {
    sbnn_fail(&r->error, SBNN_FAILED, "another process has trained it, but its file does not appear in %s",
              sbnn_parts_folder(parts));
    return TN_EIO;
  }
  const size_t inputs = sbnn_model_inputs((size_t)a->session->options->variable_genes, a->session->data);
  sbnn_progress_add(a->session->progress, sbnn_model_cost(&r->model, inputs, r->matrices.pretrain, false));
  say_done(a, r);
  return TN_OK;
}

static sbnn_error *error_of(void *ctx, int64_t i) { return &((ensemble *)ctx)->replicas[i].error; }

static int first_error(const sbnn_replica *r, size_t n, sbnn_error *e) {
  for (size_t i = 0; i < n; i++)
    if (r[i].error.code != SBNN_OK && r[i].error.code != SBNN_INTERRUPTED)
      return sbnn_fail(e, r[i].error.code, "%s%s%s", r[i].where, *r[i].where ? ": " : "", r[i].error.text);
  for (size_t i = 0; i < n; i++)
    if (r[i].error.code != SBNN_OK) return sbnn_fail(e, r[i].error.code, "%s", r[i].error.text);
  return SBNN_OK;
}

static void note_left_out(sbnn_session *session, const sbnn_replica *r, size_t n) {
  for (size_t i = 0; i < n; i++)
    sbnn_session_note(session, sbnn_left_out_sentence(session->data, r[i].where, r[i].experiment.left_out,
                                                      r[i].cells.n_train));
}

/* ---- shards ---- */

/* What the folders of merge hold. */
static int take_merged(const sbnn_session *session, sbnn_replica *r, size_t n, sbnn_error *e) {
  const sbnn_merge *m = session->options->merge;
  sbnn_absent absent = {0};
  for (size_t i = 0; m && i < n; i++) {
    int code = sbnn_merge_take(m, session->parts, &r[i].task, &r[i].experiment, &r[i].there, e);
    if (code != SBNN_OK) return code;
    if (!r[i].there && !m->fills) sbnn_absent_add(&absent, &r[i].task);
  }
  return sbnn_absent_check(&absent, n, e);
}

/* ---- all ---- */

static double units_to_train(const sbnn_session *session, const sbnn_replica *r, size_t n, int *models) {
  const size_t inputs = sbnn_model_inputs((size_t)session->options->variable_genes, session->data);
  double units = 0;
  *models = 0;
  for (size_t i = 0; i < n; i++) {
    if (r[i].there || !sbnn_shard_has(&session->shard, i)) continue;
    ++*models;
    if (!sbnn_parts_has(session->parts, &r[i].task, NULL))
      units += sbnn_model_cost(&r[i].model, inputs, r[i].matrices.pretrain, false);
  }
  return units;
}

int sbnn_replicas_run(sbnn_session *session, sbnn_replica *r, size_t n, sbnn_error *e) {
  ensemble a = {.session = session, .replicas = r};
  a.models =
      (sbnn_models){.n = (int64_t)n, .compute = run_one, .take = take_one, .error = error_of, .ctx = &a};
  int models, code = take_merged(session, r, n, e);
  if (code != SBNN_OK) return code;
  double units = units_to_train(session, r, n, &models);
  session->progress = sbnn_progress_new(stderr, units, models, session->options->quiet);
  double start = sbnn_clock();
  tn_status status = sbnn_models_run(session->options->ranks, &a.models, session->options->threads, e);
  session->models = sbnn_clock() - start;
  sbnn_progress_free(session->progress);
  session->progress = NULL;
  if (e->code != SBNN_OK) return e->code;
  if (status != TN_OK) return first_error(r, n, e);
  if (session->shard.n) sbnn_session_say_shard(session, n);
  else if (session->complete) note_left_out(session, r, n);
  return SBNN_OK;
}

sbnn_replica sbnn_replica_of_fold(const sbnn_crossval *c, const sbnn_options *o, bool pretrain, size_t fold) {
  const char *name = sbnn_model_name(o->recipe, pretrain);
  sbnn_replica r = {.model = sbnn_model_options_of(o),
                    .matrices = sbnn_matrices_options_of(o, pretrain, 1),
                    .shared = c->shared,
                    .cells = {.train = c->train[fold], .n_train = c->n_train[fold]},
                    .number = (uint32_t)fold + 1,
                    .experiment = {.model = name, .fold = (int)fold + 1}};
  r.task = (sbnn_task){.model = r.experiment.model, .fold = r.experiment.fold};
  r.cells.test = sbnn_fold_test(&c->folds, fold, &r.cells.n_test);
  snprintf(r.where, sizeof r.where, "fold %zu", fold + 1);
  return r;
}
