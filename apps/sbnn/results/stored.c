/* stored.c - see stored.h. */
#include "results/stored.h"

#include "data/dataset_labels.h"
#include "data/ids.h"
#include "results/reader.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *join(const char *directory, const char *name) {
  size_t n = strlen(directory) + strlen(name) + 2;
  char *path = sbnn_alloc(n, 1);
  snprintf(path, n, "%s/%s", directory, name);
  return path;
}

static int read_named(const char *directory, const char *name, sbnn_tsv *t, sbnn_error *e) {
  char *path = join(directory, name);
  int code = sbnn_tsv_read(path, t, e);
  free(path);
  return code;
}

static bool has(const char *directory, const char *name) {
  char *path = join(directory, name);
  bool yes = access(path, F_OK) == 0;
  free(path);
  return yes;
}

/* The word of the list that equals `text`; NULL: none. Experiments hold static strings. */
static const char *known(const char *text, const char *const *words, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (strcmp(text, words[i]) == 0) return words[i];
  return NULL;
}

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const char *model_named(const char *text) {
  static const char *const models[] = {"sbnn", "sbnn-nopretrain", "sbnn-denoise"};
  return known(text, models, COUNT(models));
}

static const char *phase_named(const char *text) {
  static const char *const phases[] = {"pretrain", "frozen",  "unfrozen",
                                       "finetune", "denoise", "autoencoder"};
  return known(text, phases, COUNT(phases));
}

static int stranger(const sbnn_tsv *t, size_t row, const char *what, sbnn_error *e) {
  return sbnn_fail(e, SBNN_BAD_INPUT, "%s, line %zu: there is no such %s", t->path, row + 2, what);
}

/* ---- history.tsv ---- */

static sbnn_experiment *experiment_of(sbnn_stored *s, const char *model, int fold) {
  for (size_t i = 0; i < s->results.n; i++)
    if (s->experiments[i].model == model && s->experiments[i].fold == fold) return &s->experiments[i];
  s->experiments = sbnn_realloc(s->experiments, s->results.n + 1, sizeof *s->experiments);
  s->experiments[s->results.n] = (sbnn_experiment){.model = model, .fold = fold};
  return &s->experiments[s->results.n++];
}

static int read_history_row(const sbnn_tsv *t, size_t row, const size_t *column, sbnn_stored *s,
                            sbnn_error *e) {
  double number[10] = {0};
  const char *model = model_named(sbnn_tsv_text(t, row, column[1]));
  sbnn_history_row h = {.phase = phase_named(sbnn_tsv_text(t, row, column[2]))};
  int code = model ? SBNN_OK : stranger(t, row, "model", e);
  if (code == SBNN_OK && !h.phase) code = stranger(t, row, "phase", e);
  for (size_t k = 0; k < COUNT(number) && code == SBNN_OK; k++)
    code = sbnn_tsv_number(t, row, column[k < 1 ? 0 : k + 2], &number[k], e);
  if (code == SBNN_OK && !(fabs(number[0]) < 1e6 && fabs(number[1]) < 1e9))
    code = stranger(t, row, "fold or epoch", e);
  if (code != SBNN_OK) return code;
  h.epoch = (int)number[1];
  h.lr = number[2];
  h.train_loss = number[3];
  h.test_loss = number[4];
  h.train_r2 = number[5];
  h.test_r2 = number[6];
  h.train_accuracy = number[7];
  h.test_accuracy = number[8];
  h.penalty = number[9];
  sbnn_experiment_add(experiment_of(s, model, (int)number[0]), &h);
  return SBNN_OK;
}

static int read_history(const char *directory, sbnn_stored *s, sbnn_error *e) {
  static const char *const names[] = {"fold",    "model",          "phase",         "epoch",
                                      "lr",      "train_loss",     "test_loss",     "train_r2",
                                      "test_r2", "train_accuracy", "test_accuracy", "penalty"};
  sbnn_tsv t;
  size_t column[COUNT(names)];
  int code = read_named(directory, "history.tsv", &t, e);
  for (size_t k = 0; k < COUNT(names) && code == SBNN_OK; k++)
    code = sbnn_tsv_column(&t, names[k], &column[k], e);
  for (size_t row = 0; code == SBNN_OK && row < t.n_rows; row++)
    code = read_history_row(&t, row, column, s, e);
  sbnn_tsv_free(&t);
  return code;
}

/* ---- metrics.tsv: the final training R2 of each response, which orders the overlays ---- */

static int read_metrics(const char *directory, sbnn_stored *s, sbnn_error *e) {
  static const char *const names[] = {"model", "stage", "split", "target", "r2"};
  sbnn_tsv t;
  size_t column[COUNT(names)], q = s->data.n_responses;
  sbnn_experiment *x = &s->experiments[0];
  int code = read_named(directory, "metrics.tsv", &t, e);
  for (size_t k = 0; k < COUNT(names) && code == SBNN_OK; k++)
    code = sbnn_tsv_column(&t, names[k], &column[k], e);
  for (size_t row = 0; code == SBNN_OK && row < t.n_rows; row++) {
    if (strcmp(sbnn_tsv_text(&t, row, column[1]), "finetuned") != 0 ||
        strcmp(sbnn_tsv_text(&t, row, column[2]), "train") != 0)
      continue;
    double **r2 = &x->r2[SBNN_STAGE_FINETUNED][SBNN_TRAIN], value;
    code = sbnn_tsv_number(&t, row, column[4], &value, e);
    if (!*r2) *r2 = sbnn_alloc(q + 1, sizeof **r2);
    for (size_t j = 0; j < q; j++)
      if (strcmp(s->data.response_names[j], sbnn_tsv_text(&t, row, column[3])) == 0) (*r2)[j + 1] = value;
  }
  sbnn_tsv_free(&t);
  return code;
}

/* ---- latent.tsv, overlays.tsv, labels.tsv ---- */

/* Columns from `first` on, row-major; each was a float. */
static int read_floats(const sbnn_tsv *t, size_t first, size_t n, double **value, sbnn_error *e) {
  int code = SBNN_OK;
  *value = sbnn_alloc(t->n_rows * n, sizeof **value);
  for (size_t i = 0; i < t->n_rows && code == SBNN_OK; i++)
    for (size_t j = 0; j < n && code == SBNN_OK; j++) {
      double v;
      code = sbnn_tsv_number(t, i, first + j, &v, e);
      (*value)[i * n + j] = (double)(float)v;
    }
  return code;
}

static int read_latent(const char *directory, sbnn_stored *s, sbnn_error *e) {
  sbnn_tsv t;
  sbnn_experiment *x = &s->experiments[0];
  int code = read_named(directory, "latent.tsv", &t, e);
  if (code == SBNN_OK && (t.n_rows == 0 || t.n_cols < 2))
    code = sbnn_fail(e, SBNN_BAD_INPUT, "%s holds no cells", t.path);
  if (code == SBNN_OK) {
    s->data.n_cells = x->n_train = t.n_rows;
    x->bottleneck = (int)t.n_cols - 1;
    s->data.cell_names = sbnn_alloc(t.n_rows, sizeof *s->data.cell_names);
    x->train_cells = sbnn_alloc(t.n_rows, sizeof *x->train_cells);
    for (size_t i = 0; i < t.n_rows; i++) {
      s->data.cell_names[i] = sbnn_strdup(sbnn_tsv_text(&t, i, 0));
      x->train_cells[i] = i;
    }
    code = read_floats(&t, 1, t.n_cols - 1, &x->latent, e);
  }
  sbnn_tsv_free(&t);
  return code;
}

/* Both tables list the same cells in the same order. */
static int check_cells(const sbnn_tsv *t, const sbnn_dataset *d, sbnn_error *e) {
  bool same = t->n_rows == d->n_cells;
  for (size_t i = 0; same && i < d->n_cells; i++)
    same = strcmp(sbnn_tsv_text(t, i, 0), d->cell_names[i]) == 0;
  if (same) return SBNN_OK;
  return sbnn_fail(e, SBNN_BAD_INPUT,
                   "%s does not list the cells of latent.tsv in their order: it was changed", t->path);
}

/* The names behind "gene:" or "response:", from the column after `*at` on, which ends as the last of them. */
static char **take_names(const sbnn_tsv *t, const char *kind, size_t *at, size_t *n) {
  size_t prefix = strlen(kind), first = *at;
  while (*at < t->n_cols && strncmp(t->head[*at], kind, prefix) == 0) ++*at;
  *n = *at - first;
  char **name = sbnn_alloc(*n, sizeof *name);
  for (size_t i = 0; i < *n; i++) name[i] = sbnn_strdup(t->head[first + i] + prefix);
  return name;
}

static int read_overlays(const char *directory, sbnn_stored *s, sbnn_error *e) {
  sbnn_tsv t;
  sbnn_experiment *x = &s->experiments[0];
  sbnn_dataset *d = &s->data;
  int code = read_named(directory, "overlays.tsv", &t, e);
  if (code == SBNN_OK) code = check_cells(&t, d, e);
  if (code == SBNN_OK) {
    size_t at = 1;
    d->gene_names = take_names(&t, "gene:", &at, &d->n_genes);
    d->response_names = take_names(&t, "response:", &at, &d->n_responses);
    x->n_genes = d->n_genes;
    x->n_responses = d->n_responses;
    x->genes = sbnn_alloc(x->n_genes, sizeof *x->genes);
    for (size_t j = 0; j < x->n_genes; j++) x->genes[j] = j;
    if (at != t.n_cols)
      code =
          sbnn_fail(e, SBNN_BAD_INPUT, "%s: column '%.60s' is neither gene nor response", t.path, t.head[at]);
  }
  if (code == SBNN_OK) code = read_floats(&t, 1, d->n_genes, &x->gene_predictions, e);
  if (code == SBNN_OK) code = read_floats(&t, 1 + d->n_genes, d->n_responses, &x->response_predictions, e);
  sbnn_tsv_free(&t);
  return code;
}

static int read_labels(const char *directory, sbnn_dataset *d, sbnn_error *e) {
  sbnn_tsv t;
  int code = read_named(directory, "labels.tsv", &t, e);
  if (code == SBNN_OK) code = check_cells(&t, d, e);
  if (code == SBNN_OK && t.n_cols != 2 && t.n_cols != 3)
    code = sbnn_fail(e, SBNN_BAD_INPUT, "%s has %zu columns where cell, label and colour belong", t.path,
                     t.n_cols);
  if (code == SBNN_OK) {
    const char **label = sbnn_alloc(d->n_cells, sizeof *label);
    d->label_column = sbnn_strdup(t.head[1]);
    if (t.n_cols == 3) d->cell_colors = sbnn_alloc(d->n_cells, sizeof *d->cell_colors);
    for (size_t i = 0; i < d->n_cells; i++) {
      label[i] = sbnn_tsv_text(&t, i, 1);
      if (d->cell_colors)
        snprintf(d->cell_colors[i], sizeof *d->cell_colors, "%.7s", sbnn_tsv_text(&t, i, 2));
    }
    sbnn_dataset_index_labels(d, label);
    free(label);
  }
  sbnn_tsv_free(&t);
  return code;
}

/* ---- all of it ---- */

/* What colours the map is of no use without it. */
static int require_map(const char *directory, sbnn_error *e) {
  static const char *const of_map[] = {"overlays.tsv", "labels.tsv"};
  if (has(directory, "latent.tsv")) return SBNN_OK;
  for (size_t i = 0; i < COUNT(of_map); i++)
    if (has(directory, of_map[i]))
      return sbnn_fail(
          e, SBNN_BAD_INPUT,
          "%s holds %s but not the map it belongs to, latent.tsv: a file was lost; run 'sbnn train' again",
          directory, of_map[i]);
  return SBNN_OK;
}

int sbnn_stored_read(const char *directory, sbnn_stored *s, sbnn_error *e) {
  *s = (sbnn_stored){0};
  int code = read_history(directory, s, e);
  if (code == SBNN_OK && s->results.n == 0)
    code =
        sbnn_fail(e, SBNN_BAD_INPUT, "%s/history.tsv holds no epochs: there is nothing to draw", directory);
  if (code == SBNN_OK) code = require_map(directory, e);
  bool mapped = code == SBNN_OK && s->experiments[0].fold == 0 && has(directory, "latent.tsv");
  if (mapped) code = read_latent(directory, s, e);
  if (mapped && code == SBNN_OK && has(directory, "overlays.tsv")) code = read_overlays(directory, s, e);
  if (mapped && code == SBNN_OK && has(directory, "labels.tsv")) code = read_labels(directory, &s->data, e);
  if (code == SBNN_OK && s->data.n_responses) code = read_metrics(directory, s, e);
  s->results.data = &s->data;
  s->results.experiments = s->experiments;
  s->results.protocol = "";
  if (code != SBNN_OK) sbnn_stored_free(s);
  return code;
}

void sbnn_stored_free(sbnn_stored *s) {
  for (size_t i = 0; i < s->results.n; i++) sbnn_experiment_free(&s->experiments[i]);
  free(s->experiments);
  sbnn_dataset_free(&s->data);
  *s = (sbnn_stored){0};
}
