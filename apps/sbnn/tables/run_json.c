/* run_json.c - run.json (run_json.h); written with jansson. */
#include "tables/run_json.h"

#include "json_refused.h"
#include "output/writer.h"
#include "utf8.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEMA = 1, DIGITS = 12 };

/* ---- values; jansson fails only for want of memory, and then we end as sbnn_alloc does ---- */

static json_t *checked(json_t *value) {
  if (value) return value;
  fprintf(stderr, "sbnn: out of memory for run.json; close other programs\n");
  exit(SBNN_FAILED);
}

static json_t *object(void) { return checked(json_object()); }

/* Takes over `value`. */
static void put(json_t *to, const char *key, json_t *value) {
  if (json_object_set_new_nocheck(to, key, checked(value)) != 0) checked(NULL);
}

static void append(json_t *to, json_t *value) {
  if (json_array_append_new(to, checked(value)) != 0) checked(NULL);
}

/* NaN and infinities have no JSON number. */
static json_t *number(double value) { return isfinite(value) ? json_real(value) : json_null(); }

static json_t *integer(size_t value) { return json_integer((json_int_t)value); }

/* JSON is UTF-8. */
static json_t *text(const char *s) {
  if (!s) return json_null();
  char *copy = sbnn_utf8(s);
  json_t *value = json_string(copy);
  free(copy);
  return value;
}

/* A key is text too. */
static void put_named(json_t *to, const char *name, json_t *value) {
  json_t *key = checked(text(name));
  put(to, json_string_value(key), value);
  json_decref(key);
}

/* ---- how the run was made ---- */

/* As the kernel recorded it, so that no caller has to carry argv down here; empty where there is no /proc. */
static json_t *command_line(void) {
  json_t *line = checked(json_array());
  FILE *f = fopen("/proc/self/cmdline", "rbe");
  char *word = NULL;
  size_t room = 0;
  while (f && getdelim(&word, &room, '\0', f) > 0) append(line, text(word));
  free(word);
  if (f) fclose(f);
  return line;
}

static json_t *option_value(char kind, const char *value) {
  char *end = NULL;
  if (!value) return json_null();
  if (kind == 'b') return json_boolean(strcmp(value, "true") == 0);
  if (kind == 'n') {
    long long whole = strtoll(value, &end, 10);
    if (*value && !*end) return json_integer(whole);
    double real = strtod(value, &end);
    if (*value && !*end) return number(real);
  }
  return text(value);
}

static void put_option(void *ctx, const char *name, char kind, const char *value) {
  put(ctx, name + strspn(name, "-"), option_value(kind, value));
}

static void put_fact(void *ctx, const char *name, const char *value) { put_named(ctx, name, text(value)); }

static json_t *input(const char *path, uint64_t hash, size_t cells) {
  char hex[17];
  json_t *file = object();
  snprintf(hex, sizeof hex, "%016llx", (unsigned long long)hash);
  put(file, "path", text(path));
  put(file, "fnv1a64", text(hex));
  put(file, "cells", integer(cells));
  return file;
}

/* A line each. */
static json_t *hints(const sbnn_dataset *d) {
  json_t *list = checked(json_array());
  char *lines = d->hint ? sbnn_strdup(d->hint) : NULL, *rest = lines;
  for (char *line; (line = strsep(&rest, "\n"));) append(list, text(line));
  free(lines);
  return list;
}

static json_t *inputs(const sbnn_run *run) {
  const sbnn_dataset *d = run->results->data;
  json_t *in = object();
  if (d->data_path) put(in, "data", input(d->data_path, d->data_hash, d->overlap.shared));
  if (d->x_path) put(in, "x", input(d->x_path, d->overlap.x_hash, d->overlap.x_cells));
  if (d->y_path) put(in, "y", input(d->y_path, d->overlap.y_hash, d->overlap.y_cells));
  if (d->labels_path) put(in, "labels", input(d->labels_path, d->overlap.labels_hash, d->overlap.labelled));
  if (d->groups_path) {
    json_t *groups = input(d->groups_path, d->groups_hash, d->n_cells);
    put(groups, "column", text(d->group_column));
    put(groups, "groups", integer(d->n_groups));
    put(in, "groups", groups);
  }
  put(in, "cells", integer(d->n_cells));
  put(in, "genes", integer(d->n_genes));
  put(in, "responses", integer(d->n_responses));
  json_t *notes = checked(json_array());
  for (size_t i = 0; i < d->n_notes; i++) append(notes, text(d->notes[i]));
  put(in, "notes", notes);
  if (run->hints) put(in, "hints", hints(d));
  put(in, "x_genes_in", text(d->overlap.x_genes_in == SBNN_GENES_IN_ROWS ? "rows" : "columns"));
  return in;
}

static json_t *timings(const sbnn_run *run) {
  json_t *t = object(), *models = checked(json_array());
  for (size_t i = 0; i < run->results->n; i++) {
    const sbnn_experiment *x = &run->results->experiments[i];
    json_t *m = object();
    put(m, "model", text(x->model));
    put(m, "fold", json_integer(x->fold));
    put(m, "seconds", number(x->seconds));
    append(models, m);
  }
  put(t, "seconds", number(run->seconds));
  put(t, "seconds_reading", number(run->seconds_reading));
  put(t, "seconds_models", number(run->seconds_models));
  put(t, "models", models);
  return t;
}

/* ---- what it found ---- */

static json_t *mean_sd(sbnn_mean_sd m) {
  json_t *o = object();
  put(o, "mean", number(m.mean));
  put(o, "sd", number(m.sd));
  put(o, "n", integer(m.n));
  return o;
}

/* stage -> split -> mean and sd over folds of the pooled R2 */
static json_t *scores(const sbnn_results *r, const char *model) {
  json_t *stages = object();
  for (int stage = 0; stage < SBNN_N_STAGES; stage++) {
    json_t *splits = object();
    for (int split = 0; split < SBNN_N_SPLITS; split++) {
      sbnn_mean_sd m = sbnn_results_r2(r, model, (sbnn_stage)stage, (sbnn_split)split, 0);
      if (m.n) put(splits, sbnn_split_names[split], mean_sd(m));
    }
    if (json_object_size(splits)) put(stages, sbnn_stage_names[stage], splits);
    else json_decref(splits);
  }
  return stages;
}

/* The response's final R2, on the test cells where there are some. */
static json_t *response_scores(const sbnn_results *r, const char *model) {
  json_t *responses = object();
  sbnn_split split = sbnn_results_folded(r) ? SBNN_TEST : SBNN_TRAIN;
  for (size_t j = 0; j < r->data->n_responses; j++)
    put_named(responses, r->data->response_names[j],
              mean_sd(sbnn_results_r2(r, model, SBNN_STAGE_FINETUNED, split, 1 + j)));
  return responses;
}

static json_t *gene_list(const sbnn_results *r, const sbnn_experiment *x) {
  json_t *genes = checked(json_array());
  for (size_t j = 0; j < x->n_genes; j++) append(genes, text(r->data->gene_names[x->genes[j]]));
  return genes;
}

static json_t *fold_facts(const sbnn_results *r, const sbnn_experiment *x) {
  json_t *f = object();
  put(f, "fold", json_integer(x->fold));
  put(f, "n_train", integer(x->n_train));
  put(f, "n_test", integer(x->n_test));
  put(f, "genes", gene_list(r, x));
  double accuracy = sbnn_map_accuracy(r->data, x);
  if (!isnan(accuracy)) put(f, "map_label_accuracy", json_real(accuracy));
  if (x->lasso > 0) put(f, "lasso", number(x->lasso));
  if (x->prune_epoch) put(f, "prune_epoch", json_integer(x->prune_epoch));
  if (sbnn_experiment_denoised(x)) {
    put(f, "input_noise", number(x->input_noise));
    put(f, "bottleneck_noise", number(x->bottleneck_noise));
  }
  if (x->clusters_used) {
    put(f, "clusters_used", integer(x->clusters_used));
    put(f, "cells_clustered", integer(x->cells_clustered));
    put(f, "pretrain_epoch", json_integer(x->pretrain_epoch));
  }
  return f;
}

static json_t *findings(const sbnn_results *r) {
  const char *model[SBNN_MAX_MODELS];
  size_t models = sbnn_results_models(r, model);
  json_t *all = object();
  for (size_t i = 0; i < models; i++) {
    json_t *m = object(), *folds = checked(json_array());
    for (size_t k = 0; k < r->n; k++)
      if (strcmp(r->experiments[k].model, model[i]) == 0) append(folds, fold_facts(r, &r->experiments[k]));
    put(m, "r2", scores(r, model[i]));
    put(m, "final_r2_by_response", response_scores(r, model[i]));
    put(m, "folds", folds);
    put_named(all, model[i], m);
  }
  return all;
}

static json_t *verdict(const sbnn_verdict *v) {
  json_t *o = object(), *list = checked(json_array());
  for (size_t i = 0; i < v->n; i++) {
    const sbnn_finding *f = &v->list[i];
    json_t *one = object();
    if (*f->folder) put(one, "folder", text(f->folder));
    put(one, "model", text(f->model));
    put(one, "about", text(f->about));
    put(one, "doubt", json_boolean(f->doubt));
    put(one, "seen", number(f->seen));
    put(one, "limit", number(f->limit));
    put(one, "sentence", text(f->text));
    append(list, one);
  }
  put(o, "genes_doubtful", json_boolean(sbnn_verdict_doubts(v)));
  put(o, "findings", list);
  return o;
}

static const char *command_name(const sbnn_run *run) {
  if (run->command) return run->command;
  return sbnn_results_folded(run->results) ? "cv" : "train";
}

/* Piece by piece: json_dumps would lose pieces (jansson 2.14) where memory is refused. */
static int put_piece(const char *piece, size_t n, void *w) {
  sbnn_put_bytes(w, piece, n);
  return 0;
}

/* Releases `root`. */
static int dump(const char *path, json_t *root, sbnn_error *e) {
  sbnn_writer w;
  sbnn_writer_open(&w, path);
  if (json_dump_callback(root, put_piece, &w,
                         JSON_INDENT(2) | JSON_SORT_KEYS | JSON_REAL_PRECISION(DIGITS)) &&
      !w.error)
    w.error = ENOMEM;
  sbnn_put(&w, "\n");
  json_decref(root);
  return sbnn_writer_close(&w, e);
}

int sbnn_write_run_json(const char *path, const sbnn_run *run, sbnn_error *e) {
  json_t *root = object(), *options = object(), *build = object(), *notes = checked(json_array());
  if (run->each_option) run->each_option(run->options, put_option, options);
  if (run->facts) run->facts(put_fact, build);
  put(root, "schema", json_integer(SCHEMA));
  put(root, "command", text(command_name(run)));
  put(root, "command_line", command_line());
  put(root, "options", options);
  put(root, "seed", run->seed ? json_integer(*run->seed) : json_null());
  put(root, "protocol", text(run->results->protocol));
  put(root, "build", build);
  if (run->resume_key) put(root, "resume_key", text(run->resume_key));
  for (size_t i = 0; i < run->n_notes; i++) append(notes, text(run->notes[i]));
  put(root, "notes", notes);
  put(root, "inputs", inputs(run));
  put(root, "timings", timings(run));
  if (run->verdict && run->verdict->n) put(root, "genes_verdict", verdict(run->verdict));
  put(root, "results", findings(run->results));
  return dump(path, root, e);
}

int sbnn_run_json_judge(const char *path, const sbnn_verdict *v, sbnn_error *e) {
  json_error_t error = {0};
  json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
  if (!root && sbnn_json_refused(&error)) checked(NULL);
  if (!json_is_object(root)) {
    json_decref(root);
    return sbnn_fail(e, SBNN_BAD_INPUT, "%s, line %d: %s", path, error.line, error.text);
  }
  put(root, "genes_verdict", verdict(v));
  return dump(path, root, e);
}

int sbnn_run_json_check(const char *path, const char *text, sbnn_error *e) {
  json_error_t error = {0};
  json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
  if (!root && sbnn_json_refused(&error)) checked(NULL);
  if (!root)
    return sbnn_fail(e, SBNN_BAD_INPUT, "%s, line %d: %s: it was changed or cut off", path, error.line,
                     error.text);
  json_decref(root);
  return SBNN_OK;
}
