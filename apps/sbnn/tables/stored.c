/* stored.c - see stored.h. */
#include "tables/stored.h"

#include "data/dataset_labels.h"
#include "data/ids.h"
#include "output/folder.h"
#include "tables/srrr_tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The word of the list that equals `text`; NULL: none. Experiments hold static strings. */
static const char *known(const char *text, const char *const *words, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (strcmp(text, words[i]) == 0) return words[i];
  return NULL;
}

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const char SRRR[] = "srrr";

static const char *model_named(const char *text) {
  static const char *const models[] = {"sbnn", "sbnn-nopretrain", "sbnn-denoise", SRRR};
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
  int code = sbnn_folder_table(directory, "history.tsv", &t, e);
  for (size_t k = 0; k < COUNT(names) && code == SBNN_OK; k++)
    code = sbnn_tsv_column(&t, names[k], &column[k], e);
  for (size_t row = 0; code == SBNN_OK && row < t.n_rows; row++)
    code = read_history_row(&t, row, column, s, e);
  sbnn_tsv_free(&t);
  return code;
}

/* ---- metrics.tsv: the final R2 of each response ---- */

enum { MODEL, FOLD, STAGE, SPLIT, TARGET, R2, N_METRICS };

static bool same_group(const sbnn_tsv *t, size_t a, size_t b, const size_t *column) {
  for (int k = MODEL; k <= SPLIT; k++)
    if (strcmp(sbnn_tsv_text(t, a, column[k]), sbnn_tsv_text(t, b, column[k])) != 0) return false;
  return true;
}

/* The targets of the first group but its first, which is all of them pooled. */
static void name_responses(const sbnn_tsv *t, const size_t *column, sbnn_dataset *d) {
  size_t n = 1;
  while (n < t->n_rows && same_group(t, 0, n, column)) n++;
  d->n_responses = n - 1;
  d->response_names = sbnn_alloc(n, sizeof *d->response_names);
  for (size_t j = 1; j < n; j++) d->response_names[j - 1] = sbnn_strdup(sbnn_tsv_text(t, j, column[TARGET]));
}

/* Row `row`, the at-th of its group. */
static int read_metric(const sbnn_tsv *t, size_t row, size_t at, const size_t *column, sbnn_stored *s,
                       sbnn_error *e) {
  const char *model = model_named(sbnn_tsv_text(t, row, column[MODEL]));
  size_t q = s->data.n_responses;
  double value, fold;
  if (strcmp(sbnn_tsv_text(t, row, column[STAGE]), "finetuned") != 0) return SBNN_OK;
  int code = model && at <= q ? SBNN_OK : stranger(t, row, model ? "response" : "model", e);
  if (code == SBNN_OK) code = sbnn_tsv_number(t, row, column[FOLD], &fold, e);
  if (code == SBNN_OK) code = sbnn_tsv_number(t, row, column[R2], &value, e);
  for (size_t i = 0; code == SBNN_OK && i < s->results.n; i++) {
    sbnn_experiment *x = &s->experiments[i];
    if (x->model != model || x->fold != fold) continue;
    bool test = strcmp(sbnn_tsv_text(t, row, column[SPLIT]), "test") == 0;
    double **r2 = &x->r2[SBNN_STAGE_FINETUNED][test ? SBNN_TEST : SBNN_TRAIN];
    if (!*r2) *r2 = sbnn_alloc(q + 1, sizeof **r2);
    x->n_responses = q;
    (*r2)[at] = value;
  }
  return code;
}

static int read_metrics(const char *directory, sbnn_stored *s, sbnn_error *e) {
  static const char *const names[N_METRICS] = {"model", "fold", "stage", "split", "target", "r2"};
  sbnn_tsv t;
  size_t column[N_METRICS], at = 0;
  int code = sbnn_folder_table(directory, "metrics.tsv", &t, e);
  for (size_t k = 0; k < N_METRICS && code == SBNN_OK; k++)
    code = sbnn_tsv_column(&t, names[k], &column[k], e);
  if (code == SBNN_OK && t.n_rows && !s->data.n_responses) name_responses(&t, column, &s->data);
  for (size_t row = 0; code == SBNN_OK && row < t.n_rows; row++) {
    at = row && same_group(&t, row - 1, row, column) ? at + 1 : 0;
    code = read_metric(&t, row, at, column, s, e);
  }
  sbnn_tsv_free(&t);
  return code;
}

/* How many genes a network kept: the highest rank. */
static int count_genes(const char *directory, size_t *n, sbnn_error *e) {
  sbnn_tsv t;
  size_t column;
  double rank;
  int code = sbnn_folder_table(directory, "genes.tsv", &t, e);
  if (code == SBNN_OK) code = sbnn_tsv_column(&t, "rank", &column, e);
  for (size_t row = 0; code == SBNN_OK && row < t.n_rows; row++) {
    code = sbnn_tsv_number(&t, row, column, &rank, e);
    if (code == SBNN_OK && rank > (double)*n && rank < 1e9) *n = (size_t)rank;
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
  int code = sbnn_folder_table(directory, "latent.tsv", &t, e);
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
  int code = sbnn_folder_table(directory, "overlays.tsv", &t, e);
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

/* Where there is one: results of an older version have none. */
static int read_measured(const char *directory, sbnn_stored *s, sbnn_error *e) {
  sbnn_tsv t;
  sbnn_experiment *x = &s->experiments[0];
  size_t genes = x->n_genes, responses = x->n_responses;
  if (!sbnn_folder_has(directory, "measured.tsv")) return SBNN_OK;
  int code = sbnn_folder_table(directory, "measured.tsv", &t, e);
  if (code == SBNN_OK) code = check_cells(&t, &s->data, e);
  if (code == SBNN_OK && t.n_cols != 1 + genes + responses)
    code =
        sbnn_fail(e, SBNN_BAD_INPUT, "%s does not have the columns of overlays.tsv: it was changed", t.path);
  if (code == SBNN_OK) code = read_floats(&t, 1, genes, &x->gene_measured, e);
  if (code == SBNN_OK) code = read_floats(&t, 1 + genes, responses, &x->response_measured, e);
  sbnn_tsv_free(&t);
  return code;
}

static int read_labels(const char *directory, sbnn_dataset *d, sbnn_error *e) {
  sbnn_tsv t;
  int code = sbnn_folder_table(directory, "labels.tsv", &t, e);
  if (code == SBNN_OK) code = check_cells(&t, d, e);
  if (code == SBNN_OK && t.n_cols != 2 && t.n_cols != 3)
    code = sbnn_fail(e, SBNN_BAD_INPUT, "%s has %zu columns, but should have cell, label and colour", t.path,
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
  if (sbnn_folder_has(directory, "latent.tsv")) return SBNN_OK;
  for (size_t i = 0; i < COUNT(of_map); i++)
    if (sbnn_folder_has(directory, of_map[i]))
      return sbnn_fail(e, SBNN_BAD_INPUT,
                       "%s holds %s but not the map it belongs to, latent.tsv: a file was lost; run 'sbnn "
                       "train' or 'sbnn srrr' again",
                       directory, of_map[i]);
  return SBNN_OK;
}

/* What `srrr` left: the path, and the map if it drew one. */
static int read_path(const char *directory, sbnn_stored *s, sbnn_error *e) {
  if (sbnn_folder_has(directory, "latent.tsv")) (void)experiment_of(s, SRRR, 0);
  return sbnn_srrr_means_read(directory, &s->path, &s->results.n_path, e);
}

static int read_curves(const char *directory, sbnn_stored *s, sbnn_error *e) {
  int code = read_history(directory, s, e);
  if (code == SBNN_OK && s->results.n == 0)
    code =
        sbnn_fail(e, SBNN_BAD_INPUT, "%s/history.tsv holds no epochs: there is nothing to draw", directory);
  return code;
}

int sbnn_stored_read(const char *directory, sbnn_stored *s, sbnn_error *e) {
  *s = (sbnn_stored){0};
  int code =
      sbnn_folder_has(directory, "srrr.tsv") ? read_path(directory, s, e) : read_curves(directory, s, e);
  if (code == SBNN_OK) code = require_map(directory, e);
  bool whole = code == SBNN_OK && s->results.n && s->experiments[0].fold == 0;
  bool mapped = whole && sbnn_folder_has(directory, "latent.tsv");
  if (mapped) code = read_latent(directory, s, e);
  if (mapped && code == SBNN_OK && sbnn_folder_has(directory, "overlays.tsv"))
    code = read_overlays(directory, s, e);
  if (mapped && code == SBNN_OK && s->experiments[0].gene_predictions) code = read_measured(directory, s, e);
  if (mapped && code == SBNN_OK && sbnn_folder_has(directory, "labels.tsv"))
    code = read_labels(directory, &s->data, e);
  if (code == SBNN_OK && (s->data.n_responses || (s->results.n && !whole)))
    code = read_metrics(directory, s, e);
  if (code == SBNN_OK && s->results.n && !whole) code = count_genes(directory, &s->results.genes_kept, e);
  s->results.data = &s->data;
  s->results.experiments = s->experiments;
  s->results.path = s->path;
  s->results.protocol = "";
  if (code != SBNN_OK) sbnn_stored_free(s);
  return code;
}

int sbnn_stored_read_latent(const char *directory, sbnn_stored *s, sbnn_error *e) {
  *s = (sbnn_stored){.experiments = sbnn_alloc(1, sizeof *s->experiments)};
  s->results = (sbnn_results){.data = &s->data, .protocol = "", .n = 1, .experiments = s->experiments};
  int code = read_latent(directory, s, e);
  if (code == SBNN_OK && sbnn_folder_has(directory, "labels.tsv")) code = read_labels(directory, &s->data, e);
  if (code != SBNN_OK) sbnn_stored_free(s);
  return code;
}

int sbnn_stored_compare(const char *directory, sbnn_stored *s, sbnn_error *e) {
  int code = sbnn_srrr_means_read(directory, &s->levels, &s->results.n_levels, e);
  s->results.levels = s->levels;
  return code;
}

void sbnn_stored_free(sbnn_stored *s) {
  for (size_t i = 0; i < s->results.n; i++) sbnn_experiment_free(&s->experiments[i]);
  free(s->experiments);
  free(s->path);
  free(s->levels);
  sbnn_dataset_free(&s->data);
  *s = (sbnn_stored){0};
}
