/* cv.c - `sbnn cv`: the folds, or some of them, as independent replicas, one thread each. */
#include "commands/commands.h"
#include "commands/replicas.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t folds_to_run(const sbnn_crossval *c, const sbnn_options *o) {
  return o->only_folds.n ? (size_t)o->only_folds.n : c->folds.n_folds;
}

static sbnn_replica replica(const sbnn_crossval *c, const sbnn_options *o, size_t i) {
  size_t n_folds = folds_to_run(c, o), fold = i % n_folds;
  bool pretrain = o->both ? i < n_folds : sbnn_options_pretrain(o);
  if (o->only_folds.n) fold = (size_t)o->only_folds.value[fold] - 1;
  sbnn_replica r = sbnn_replica_of_fold(c, o, pretrain, fold);
  const sbnn_experiment *x = &r.experiment;
  snprintf(r.title, sizeof r.title, "%s", x->model);
  if (strcmp(x->model, "sbnn-nopretrain") == 0)
    snprintf(r.where, sizeof r.where, "fold %d without pretraining", x->fold);
  return r;
}

static int finish(sbnn_work *w, const sbnn_replica *r, size_t n, sbnn_error *e) {
  sbnn_experiment *x = sbnn_alloc(n, sizeof *x);
  for (size_t i = 0; i < n; i++) x[i] = r[i].experiment;
  sbnn_results results = {
      .data = w->data, .protocol = sbnn_protocol_name(w->options), .n = n, .experiments = x};
  int code = sbnn_work_finish(w, &results, NULL, e);
  free(x);
  return code;
}

static int run(sbnn_work *w, sbnn_error *e) {
  const sbnn_options *o = w->options;
  sbnn_crossval c;
  int code = sbnn_crossval_make(w->data, o, o->both || sbnn_options_pretrain(o), &c, e);
  if (code != SBNN_OK) return code;
  size_t n = (o->both ? 2 : 1) * folds_to_run(&c, o);
  sbnn_replica *r = sbnn_alloc(n, sizeof *r);
  for (size_t i = 0; i < n; i++) r[i] = replica(&c, o, i);
  code = sbnn_replicas_run(w, r, n, e);
  if (code == SBNN_OK) code = finish(w, r, n, e);
  for (size_t i = 0; i < n; i++) sbnn_experiment_free(&r[i].experiment);
  free(r);
  sbnn_crossval_free(&c);
  return code;
}

int sbnn_cv(const sbnn_options *o, sbnn_error *e) {
  sbnn_work w = {.options = o};
  return sbnn_work_run(&w, run, e);
}
