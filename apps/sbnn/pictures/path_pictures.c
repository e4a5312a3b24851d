/* path_pictures.c - the pictures of `sbnn path` (path_results.h). */
#include "results/path_results.h"

#include "figures/curves.h"
#include "figures/lines.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 48, MAX_PHASES = 8 };

static size_t shown(const sbnn_path_results *r) {
  return r->n_settings < SBNN_PATH_CURVES ? r->n_settings : SBNN_PATH_CURVES;
}

/* What tells the settings apart. */
static void name_setting(const sbnn_path_results *r, size_t i, char name[NAME]) {
  const sbnn_path_setting *s = &r->settings[i];
  bool widths = r->n_settings > r->n_penalties, lambdas = r->n_penalties > 1;
  size_t used = 0;
  if (lambdas || !widths) used += (size_t)snprintf(name, NAME, "\u03bb %.3g", s->lambda);
  if (widths)
    snprintf(name + used, NAME - used, "%s%d unit%s", used ? ", " : "", s->bottleneck,
             s->bottleneck == 1 ? "" : "s");
}

/* ---- R2 by epoch ---- */

static void mean_curve(const sbnn_path_results *r, const sbnn_path_setting *s, size_t epoch, double *train,
                       double *test, double *sd) {
  double *value = sbnn_alloc(2 * r->n_folds, sizeof *value);
  for (size_t f = 0; f < r->n_folds; f++) {
    const sbnn_history_row *h = sbnn_path_epoch(&s->folds[f], epoch);
    value[f] = h ? h->train_r2 : NAN;
    value[r->n_folds + f] = h ? h->test_r2 : NAN;
  }
  sbnn_mean_sd m = sbnn_mean_sd_of(value + r->n_folds, r->n_folds);
  *train = sbnn_mean_sd_of(value, r->n_folds).mean;
  *test = m.mean;
  *sd = m.sd;
  free(value);
}

static int phases_of(const sbnn_experiment *x, sbnn_phase phase[MAX_PHASES]) {
  int n = 0;
  size_t epochs = sbnn_path_epochs(x);
  const char *last = "";
  for (size_t k = 0; k < epochs; k++) {
    const char *now = sbnn_path_epoch(x, k)->phase;
    if (strcmp(now, last) != 0 && n < MAX_PHASES)
      phase[n++] =
          (sbnn_phase){.name = strcmp(now, "finetune") == 0 ? "pruned, fine-tuned" : now, .from = (double)k};
    last = now;
    phase[n - 1].to = (double)k + 1;
  }
  return n;
}

static int curves(const char *directory, const sbnn_path_results *r, sbnn_error *e) {
  sbnn_curve curve[SBNN_PATH_CURVES];
  char name[SBNN_PATH_CURVES][NAME];
  double *value[SBNN_PATH_CURVES];
  sbnn_phase phase[MAX_PHASES];
  for (size_t i = 0; i < shown(r); i++) {
    const sbnn_path_setting *s = &r->settings[i];
    size_t n = sbnn_path_epochs(&s->folds[0]);
    value[i] = sbnn_alloc(3 * n, sizeof **value);
    for (size_t k = 0; k < n; k++) mean_curve(r, s, k, &value[i][k], &value[i][n + k], &value[i][2 * n + k]);
    name_setting(r, i, name[i]);
    curve[i] = (sbnn_curve){.name = name[i],
                            .n = (int64_t)n,
                            .first_epoch = 1,
                            .train = value[i],
                            .test = value[i] + n,
                            .test_sd = value[i] + 2 * n};
  }
  bool pretrained = strcmp(r->settings[0].folds[0].model, "sbnn") == 0;
  sbnn_curves what = {.n_curves = (int)shown(r),
                      .curve = curve,
                      .n_phases = phases_of(&r->settings[0].folds[0], phase),
                      .phase = phase,
                      .x_label = pretrained ? NULL : "Epoch"};
  int code = sbnn_figure_r2(directory, "path_curves", &what, e);
  for (size_t i = 0; i < shown(r); i++) free(value[i]);
  return code;
}

/* ---- norms by rank ---- */

static int descending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x > y ? -1 : x < y;
}

static int norms(const char *directory, const sbnn_path_results *r, sbnn_error *e) {
  sbnn_line line[SBNN_PATH_CURVES];
  char name[SBNN_PATH_CURVES][NAME], kept[NAME];
  double *value[SBNN_PATH_CURVES];
  for (size_t i = 0; i < shown(r); i++) {
    const sbnn_experiment *x = r->settings[i].whole;
    value[i] = sbnn_alloc(2 * x->n_all, sizeof **value);
    for (size_t k = 0; k < x->n_all; k++) value[i][k] = (double)k + 1;
    memcpy(value[i] + x->n_all, x->all_norms, x->n_all * sizeof **value);
    qsort(value[i] + x->n_all, x->n_all, sizeof **value, descending);
    name_setting(r, i, name[i]);
    size_t used = strlen(name[i]); /* on a log scale there is nothing to see */
    if (x->n_genes == 0) snprintf(name[i] + used, NAME - used, " (no gene)");
    line[i] = (sbnn_line){.name = name[i], .n = (int64_t)x->n_all, .x = value[i], .y = value[i] + x->n_all};
  }
  size_t genes = r->settings[0].whole->n_genes;
  for (size_t i = 1; i < r->n_settings; i++)
    if (r->settings[i].whole->n_genes != genes) genes = 0; /* as many as the penalty leaves: no mark */
  snprintf(kept, sizeof kept, "%zu genes", genes);
  sbnn_lines what = {.n_lines = (int)shown(r),
                     .line = line,
                     .x_label = "Gene, by norm",
                     .y_label = "Norm of its weights",
                     .y_log = true,
                     .mark = (double)genes,
                     .mark_name = kept};
  int code = sbnn_figure_lines(directory, "path_norms", &what, e);
  for (size_t i = 0; i < shown(r); i++) free(value[i]);
  return code;
}

/* ---- R2 by width ---- */

static int ascending_width(const void *a, const void *b) {
  const sbnn_path_setting *const *x = a, *const *y = b;
  return ((*x)->bottleneck > (*y)->bottleneck) - ((*x)->bottleneck < (*y)->bottleneck);
}

/* The settings of one penalty, by its place in the list, by width: x, mean, sd. Returns how many. */
static size_t by_width(const sbnn_path_results *r, size_t penalty, double *x, double *mean, double *sd) {
  const sbnn_path_setting **s = sbnn_alloc(r->n_settings, sizeof *s);
  double *value = sbnn_alloc(r->n_folds, sizeof *value);
  size_t n = 0;
  for (size_t i = penalty; i < r->n_settings; i += r->n_penalties) s[n++] = &r->settings[i];
  qsort(s, n, sizeof *s, ascending_width);
  for (size_t i = 0; i < n; i++) {
    for (size_t f = 0; f < r->n_folds; f++) value[f] = s[i]->folds[f].r2[SBNN_STAGE_FINETUNED][SBNN_TEST][0];
    sbnn_mean_sd m = sbnn_mean_sd_of(value, r->n_folds);
    x[i] = s[i]->bottleneck, mean[i] = m.mean, sd[i] = m.sd;
  }
  free(value);
  free(s);
  return n;
}

static int widths(const char *directory, const sbnn_path_results *r, sbnn_error *e) {
  sbnn_line line[SBNN_PATH_CURVES];
  char name[SBNN_PATH_CURVES][NAME];
  int n = 0;
  size_t each = r->n_settings;
  double *value = sbnn_alloc(3 * each * SBNN_PATH_CURVES, sizeof *value);
  for (size_t i = 0; i < r->n_penalties && n < SBNN_PATH_CURVES; i++, n++) {
    double *x = value + 3 * each * i;
    snprintf(name[n], NAME, "\u03bb %.3g", r->settings[i].lambda);
    size_t points = by_width(r, i, x, x + each, x + 2 * each);
    line[n] = (sbnn_line){.name = name[n], .n = (int64_t)points, .x = x, .y = x + each, .sd = x + 2 * each};
  }
  sbnn_lines what = {.n_lines = n,
                     .line = line,
                     .x_label = "Units of the bottleneck",
                     .y_label = "Test R\u00b2",
                     .dots = true};
  int code = sbnn_figure_lines(directory, "path_widths", &what, e);
  free(value);
  return code;
}

int sbnn_write_path_pictures(const char *directory, const sbnn_path_results *r, sbnn_error *e) {
  if (!sbnn_figures_available()) return SBNN_OK;
  int code = curves(directory, r, e);
  if (code == SBNN_OK) code = norms(directory, r, e);
  if (code == SBNN_OK) code = widths(directory, r, e);
  return code;
}
