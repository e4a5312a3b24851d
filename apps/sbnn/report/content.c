/* content.c - see content.h. */
#include "report/content.h"

#include "data/ids.h"
#include "figures/overlays.h"
#include "figures/palette.h"
#include "figures/short_names.h"
#include "output/folder.h"
#include "output/outdir.h"
#include "pictures/map_data.h"
#include "report/table_json.h"
#include "tables/stored.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Significant digits: of a place on the map, of colours and scores. The tables have them all. */
enum { PLACE_DIGITS = 5, VALUE_DIGITS = 4 };

/* ---- curves ---- */

static void put_phases(sbnn_json *j, const sbnn_experiment *x) {
  sbnn_json_open(j, "phases", '[');
  for (size_t i = 0, first = 0; i < x->n_history; i++) {
    if (i + 1 < x->n_history && strcmp(x->history[i].phase, x->history[i + 1].phase) == 0) continue;
    sbnn_json_open(j, NULL, '[');
    sbnn_json_text(j, NULL, x->history[i].phase);
    sbnn_json_whole(j, NULL, (long long)(i + 1 - first));
    sbnn_json_close(j, ']');
    first = i + 1;
  }
  sbnn_json_close(j, ']');
}

/* `at`: where the value is in a row. */
static void put_curve(sbnn_json *j, const char *key, const sbnn_experiment *x, size_t at) {
  sbnn_json_open(j, key, '[');
  for (size_t i = 0; i < x->n_history; i++)
    sbnn_json_number(j, NULL, *(const double *)((const char *)&x->history[i] + at), VALUE_DIGITS);
  sbnn_json_close(j, ']');
}

static void put_history(sbnn_json *j, const sbnn_experiment *x) {
  sbnn_json_open(j, NULL, '{');
  sbnn_json_text(j, "model", x->model);
  sbnn_json_whole(j, "fold", x->fold);
  put_phases(j, x);
  put_curve(j, "train_r2", x, offsetof(sbnn_history_row, train_r2));
  put_curve(j, "test_r2", x, offsetof(sbnn_history_row, test_r2));
  sbnn_json_close(j, '}');
}

/* ---- the map ---- */

static void put_labels(sbnn_json *j, const sbnn_dataset *d, const sbnn_map *m) {
  sbnn_color *palette = sbnn_alloc((size_t)m->n_labels, sizeof *palette);
  sbnn_palette(m->n_labels, palette);
  sbnn_json_text(j, "label_column", d->label_column);
  sbnn_json_open(j, "label_names", '[');
  for (int i = 0; i < m->n_labels; i++) sbnn_json_text(j, NULL, m->label_name[i]);
  sbnn_json_close(j, ']');
  sbnn_json_open(j, "label_colors", '[');
  for (int i = 0; i < m->n_labels; i++) sbnn_json_color(j, m->label_color ? m->label_color[i] : palette[i]);
  sbnn_json_close(j, ']');
  sbnn_json_open(j, "labels", '[');
  for (int64_t i = 0; i < m->n; i++) sbnn_json_whole(j, NULL, m->label[i]);
  sbnn_json_close(j, ']');
  if (m->cell_color) {
    sbnn_json_open(j, "colors", '[');
    for (int64_t i = 0; i < m->n; i++) sbnn_json_color(j, m->cell_color[i]);
    sbnn_json_close(j, ']');
  }
  free(palette);
}

/* One head: what it predicts, and what was measured (NULL: not known), row-major, n columns. */
typedef struct head {
  const char *key;
  char *const *name;
  size_t n;
  const double *predicted, *measured;
} head;

static void put_cells(sbnn_json *j, const char *key, const double *value, size_t columns, const sbnn_map *m,
                      const size_t *order) {
  double *column = sbnn_alloc((size_t)m->n, sizeof *column);
  for (int64_t i = 0; i < m->n; i++) column[i] = value[order[i] * columns];
  sbnn_json_numbers(j, key, column, (size_t)m->n, 1, VALUE_DIGITS - 1);
  free(column);
}

/* Names, and for each the values of the cells in the map's order. */
static void put_head(sbnn_json *j, const head *h, const sbnn_map *m, const size_t *order) {
  sbnn_json_open(j, h->key, '[');
  for (size_t k = 0; k < h->n; k++) {
    sbnn_json_open(j, NULL, '{');
    sbnn_json_text(j, "name", h->name[k]);
    put_cells(j, "values", h->predicted + k, h->n, m, order);
    if (h->measured) put_cells(j, "measured", h->measured + k, h->n, m, order);
    sbnn_json_close(j, '}');
  }
  sbnn_json_close(j, ']');
}

/* {"CD4-GAGGTTAGTGATGGA": "CD4"}, of those that are shown otherwise than they are called. */
static void put_short_names(sbnn_json *j, const sbnn_dataset *d) {
  char *const *const lists[] = {d->gene_names, d->response_names};
  const size_t n[] = {d->n_genes, d->n_responses};
  bool any = false;
  for (size_t k = 0; k < 2; k++) {
    char **shown = sbnn_short_names(lists[k], n[k]);
    for (size_t i = 0; i < n[k]; i++) {
      if (strcmp(shown[i], lists[k][i]) == 0) continue;
      if (!any) sbnn_json_open(j, "shown", '{');
      any = true;
      sbnn_json_text(j, lists[k][i], shown[i]);
    }
    sbnn_free_strings(shown, n[k]);
  }
  if (any) sbnn_json_close(j, '}');
}

static int put_triangles(sbnn_json *j, const sbnn_map *m, sbnn_error *e) {
  sbnn_triangles t = {0};
  sbnn_axes window = {.w = 1, .h = sbnn_map_shape(m)};
  int code = sbnn_map_window(m, &window) ? sbnn_overlays_triangles(m, &window, 0, &t, e) : SBNN_OK;
  sbnn_json_open(j, "triangles", '[');
  for (int64_t i = 0; i < 3 * t.n; i++) sbnn_json_whole(j, NULL, t.corner[i]);
  sbnn_json_close(j, ']');
  sbnn_triangles_free(&t);
  return code;
}

static int put_map(sbnn_json *j, const sbnn_results *r, sbnn_error *e) {
  const sbnn_experiment *x = &r->experiments[0];
  const sbnn_dataset *d = r->data;
  sbnn_map_data data;
  sbnn_map m = sbnn_map_make(d, x, &data);
  sbnn_json_open(j, "map", '{');
  sbnn_json_numbers(j, "x", m.z, (size_t)m.n, 2, PLACE_DIGITS);
  sbnn_json_numbers(j, "y", m.z + 1, (size_t)m.n, 2, PLACE_DIGITS);
  sbnn_json_open(j, "cells", '[');
  for (int64_t i = 0; i < m.n; i++) sbnn_json_text(j, NULL, d->cell_names[data.order[i]]);
  sbnn_json_close(j, ']');
  sbnn_json_number(j, "accuracy", sbnn_map_accuracy(d, x), VALUE_DIGITS);
  if (m.label) put_labels(j, d, &m);
  if (x->gene_predictions) {
    const head genes = {"genes", d->gene_names, x->n_genes, x->gene_predictions, x->gene_measured},
               responses = {"responses", d->response_names, x->n_responses, x->response_predictions,
                            x->response_measured};
    put_head(j, &genes, &m, data.order);
    put_head(j, &responses, &m, data.order);
  }
  int code = put_triangles(j, &m, e);
  sbnn_json_close(j, '}');
  sbnn_map_data_free(&data);
  return code;
}

/* ---- a folder of train, cv or srrr ---- */

static const sbnn_table_spec metrics = {"metrics.tsv", "metrics",
                                        "protocol model fold# stage split target r2#"};
static const sbnn_table_spec genes = {"genes.tsv", "genes", "rank# gene norm#"};
static const sbnn_table_spec folded_genes = {"genes.tsv", "genes", "model fold# rank# gene norm#"};
static const sbnn_table_spec path = {
    "srrr.tsv", "srrr",
    "rank# lambda# genes_mean# r2_test_mean# r2_test_sd# r2_test_relaxed_mean# r2_test_relaxed_sd#"};

/* The tables of the models, which agree with the overlays where there are some. */
static int put_models(sbnn_json *j, const char *directory, const sbnn_results *r, sbnn_error *e) {
  const sbnn_experiment *x = r->experiments;
  const sbnn_dataset *d = r->data;
  sbnn_table_check overlaid = {"target", d->response_names, d->n_responses, "all"};
  sbnn_table_check kept = {"gene", d->gene_names, d->n_genes, NULL};
  bool checked = x->gene_predictions != NULL;
  int code = sbnn_table_put(j, directory, &metrics, checked ? &overlaid : NULL, e);
  if (code != SBNN_OK) return code;
  code = sbnn_table_put(j, directory, sbnn_results_folded(r) ? &folded_genes : &genes, checked ? &kept : NULL,
                        e);
  return code == SBNN_OK && x->latent && x->bottleneck > 1 ? put_map(j, r, e) : code;
}

static int put_results(sbnn_json *j, const char *directory, sbnn_error *e) {
  sbnn_stored s;
  int code = sbnn_stored_read(directory, &s, e);
  if (code != SBNN_OK) return code;
  bool linear = sbnn_folder_has(directory, path.file);
  sbnn_json_text(j, "kind", linear ? "srrr" : sbnn_results_folded(&s.results) ? "cv" : "train");
  if (!linear) {
    sbnn_json_open(j, "history", '[');
    for (size_t i = 0; i < s.results.n; i++) put_history(j, &s.experiments[i]);
    sbnn_json_close(j, ']');
  }
  put_short_names(j, &s.data);
  code = sbnn_table_put(j, directory, &path, NULL, e);
  if (code == SBNN_OK && s.results.n) code = put_models(j, directory, &s.results, e);
  sbnn_stored_free(&s);
  return code;
}

/* ---- a folder of stability ---- */

static const sbnn_table_spec stability[] = {
    {"stability.tsv", "stability", "gene runs# frequency# low# high#"},
    {"stability_runs.tsv", "runs", "run# r2_train# r2_test#"},
    {"stability_summary.tsv", "summary", "quantity value#"}};

static int put_stability(sbnn_json *j, const char *directory, sbnn_error *e) {
  int code = SBNN_OK;
  sbnn_json_text(j, "kind", "stability");
  for (size_t i = 0; i < sizeof stability / sizeof *stability && code == SBNN_OK; i++)
    code = sbnn_table_put(j, directory, &stability[i], NULL, e);
  return code;
}

/* ---- all of them ---- */

/* By a table of theirs; a table that lacks its company is found on reading. */
static const struct {
  const char *sign;
  int (*put)(sbnn_json *j, const char *directory, sbnn_error *e);
} kinds[] = {{"stability.tsv", put_stability}, {"srrr.tsv", put_results},  {"metrics.tsv", put_results},
             {"history.tsv", put_results},     {"genes.tsv", put_results}, {"latent.tsv", put_results}};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

static size_t kind_of(const char *directory) {
  size_t i = 0;
  while (i < N_KINDS && !sbnn_folder_has(directory, kinds[i].sign)) i++;
  return i;
}

bool sbnn_report_has_results(const char *directory) { return kind_of(directory) < N_KINDS; }

int sbnn_report_put(sbnn_json *j, const char *directory, const char *name, sbnn_error *e) {
  const size_t kind = kind_of(directory);
  if (kind == N_KINDS)
    return sbnn_fail(
        e, SBNN_BAD_INPUT,
        "%s held results a moment ago and holds none now; run sbnn report again when they are there",
        directory);
  if (sbnn_outdir_half_moved(directory))
    return sbnn_fail(e, SBNN_BAD_INPUT,
                     "%s holds files of two runs: one was stopped while it moved its results here; the same "
                     "command with --resume completes the move",
                     directory);
  sbnn_json_open(j, NULL, '{');
  sbnn_json_text(j, "name", name);
  int code = sbnn_record_put(j, directory, e);
  if (code == SBNN_OK) code = kinds[kind].put(j, directory, e);
  sbnn_json_close(j, '}');
  return code;
}
