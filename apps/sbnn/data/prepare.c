/* prepare.c - normalisation and z-scores, fitted on some cells and applied to any (prepare.h). */
#include "data/prepare.h"

#include "data/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- one cell ---- */

/* The counts of the chosen genes and their sum; SBNN_BAD_INPUT if it is 0. */
static int chosen_counts(const sbnn_preparation *p, const sbnn_dataset *d, size_t row, double *out,
                         double *size, sbnn_error *e) {
  double sum = 0;
  sbnn_counts_gather(&d->counts, row, p->genes, p->n_genes, out);
  for (size_t j = 0; j < p->n_genes; j++) sum += out[j];
  *size = sum;
  if (sum > 0) return SBNN_OK;
  return sbnn_fail(e, SBNN_BAD_INPUT,
                   "cell '%s' has no counts in any of the %zu chosen genes and cannot be normalised; leave "
                   "out cells of few "
                   "counts (--min-counts), or choose more genes (--variable-genes)",
                   sbnn_shown(d->cell_names[row]), p->n_genes);
}

/* log2(normalised + 1) of the chosen genes, or what they are already. */
static int expression(const sbnn_preparation *p, const sbnn_dataset *d, size_t row, double *out,
                      sbnn_error *e) {
  double size;
  if (p->x_transform == SBNN_X_NONE) {
    sbnn_counts_gather(&d->counts, row, p->genes, p->n_genes, out);
    return SBNN_OK;
  }
  int code = chosen_counts(p, d, row, out, &size, e);
  if (code != SBNN_OK) return code;
  for (size_t j = 0; j < p->n_genes; j++) /* most counts are 0, log2 is slow */
    out[j] = out[j] > 0 ? log2(out[j] / size * p->median_library + 1) : 0;
  return SBNN_OK;
}

static int transformed_responses(const sbnn_preparation *p, const sbnn_dataset *d, size_t row, double *out,
                                 sbnn_error *e) {
  const double *y = d->responses + row * d->n_responses;
  size_t bad = sbnn_y_forward(p->y_transform, p->n_responses, y, out);
  if (bad == p->n_responses) return SBNN_OK;
  return sbnn_y_no_value(p->y_transform[bad], d->response_names[bad], d->cell_names[row], y[bad], e);
}

/* ---- fitting ---- */

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static int fit_median_library(sbnn_preparation *p, const sbnn_dataset *d, sbnn_rows rows, sbnn_error *e) {
  double *sizes = sbnn_alloc(rows.n, sizeof *sizes), *counts = sbnn_alloc(p->n_genes, sizeof *counts);
  int code = SBNN_OK;
  for (size_t i = 0; i < rows.n && code == SBNN_OK; i++)
    code = chosen_counts(p, d, rows.row[i], counts, &sizes[i], e);
  qsort(sizes, rows.n, sizeof *sizes, compare_doubles);
  p->median_library = 0.5 * (sizes[(rows.n - 1) / 2] + sizes[rows.n / 2]);
  free(sizes);
  free(counts);
  return code;
}

typedef int (*row_function)(const sbnn_preparation *, const sbnn_dataset *, size_t row, double *out,
                            sbnn_error *);

/* What a row of a matrix is made of, and what its columns are scaled by. */
typedef struct columns {
  row_function of;
  size_t n;
  double *mean, *sd; /* [n] */
} columns;

static columns gene_columns(const sbnn_preparation *p) {
  return (columns){expression, p->n_genes, p->x_mean, p->x_sd};
}

static columns response_columns(const sbnn_preparation *p) {
  return (columns){transformed_responses, p->n_responses, p->y_mean, p->y_sd};
}

/* Column means and population standard deviations of f over the rows, in two passes (the one-pass formula
 * cancels). Exactly 0 for a column of equal values, whose mean may be off by a rounding. */
static int fit_columns(const columns *c, const sbnn_preparation *p, const sbnn_dataset *d, sbnn_rows rows,
                       sbnn_error *e) {
  const size_t n_cols = c->n;
  double *mean = c->mean, *sd = c->sd;
  double *v = sbnn_alloc(n_cols, sizeof *v), *first = sbnn_alloc(n_cols, sizeof *first);
  bool *varies = sbnn_alloc(n_cols, sizeof *varies);
  int code = c->of(p, d, rows.row[0], first, e);
  for (size_t i = 0; i < rows.n && code == SBNN_OK; i++) {
    code = c->of(p, d, rows.row[i], v, e);
    for (size_t j = 0; j < n_cols; j++) mean[j] += v[j], varies[j] |= v[j] != first[j];
  }
  for (size_t j = 0; j < n_cols; j++) mean[j] /= (double)rows.n;
  for (size_t i = 0; i < rows.n && code == SBNN_OK; i++) {
    code = c->of(p, d, rows.row[i], v, e);
    for (size_t j = 0; j < n_cols; j++) sd[j] += (v[j] - mean[j]) * (v[j] - mean[j]);
  }
  for (size_t j = 0; j < n_cols; j++) sd[j] = varies[j] ? sqrt(sd[j] / (double)rows.n) : 0;
  free(v);
  free(first);
  free(varies);
  return code;
}

static int choose_genes(sbnn_preparation *p, const sbnn_dataset *d, sbnn_rows rows,
                        const sbnn_prepare_options *o, sbnn_error *e) {
  bool selection = o->variable_genes > 0 && o->variable_genes < d->n_genes;
  p->n_genes = selection ? o->variable_genes : d->n_genes;
  p->genes = sbnn_alloc(p->n_genes, sizeof *p->genes);
  if (selection && o->x_transform == SBNN_X_NONE) {
    sbnn_widest_genes(d, rows, p->n_genes, p->genes);
    return SBNN_OK;
  }
  if (selection) return sbnn_variable_genes(d, rows, o->gene_threshold, p->n_genes, p->genes, e);
  for (size_t j = 0; j < p->n_genes; j++) p->genes[j] = j;
  return SBNN_OK;
}

static int check_responses(const sbnn_preparation *p, const sbnn_dataset *d, size_t n_cells,
                           bool may_be_constant, sbnn_error *e) {
  size_t varying = 0;
  for (size_t r = 0; r < p->n_responses; r++) varying += p->y_sd[r] > 0;
  for (size_t r = 0; r < p->n_responses; r++) {
    if (!isfinite(p->y_sd[r])) /* squares beyond the largest double */
      return sbnn_fail(
          e, SBNN_BAD_INPUT,
          "response '%s' has values too large to be scaled; correct them, or give it in other units",
          sbnn_shown(d->response_names[r]));
    if (!(p->y_sd[r] > 0) && !(may_be_constant && varying))
      return sbnn_fail(e, SBNN_BAD_INPUT,
                       "response '%s' has (nearly) the same value in all %zu training cells and cannot be "
                       "scaled; remove it or give more cells",
                       sbnn_shown(d->response_names[r]), n_cells);
  }
  return SBNN_OK;
}

int sbnn_prepare_fit(const sbnn_dataset *d, sbnn_rows rows, const sbnn_prepare_options *o,
                     sbnn_preparation *p, sbnn_error *e) {
  *p = (sbnn_preparation){.n_responses = d->n_responses, .x_transform = o->x_transform, .median_library = 1};
  if (rows.n == 0)
    return sbnn_fail(e, SBNN_BAD_INPUT,
                     "there are no cells to compute the scaling from; give more cells or fewer folds");
  int code = choose_genes(p, d, rows, o, e);
  p->x_mean = sbnn_alloc(p->n_genes, sizeof *p->x_mean);
  p->x_sd = sbnn_alloc(p->n_genes, sizeof *p->x_sd);
  p->y_mean = sbnn_alloc(p->n_responses, sizeof *p->y_mean);
  p->y_sd = sbnn_alloc(p->n_responses, sizeof *p->y_sd);
  p->y_transform = sbnn_alloc(p->n_responses, sizeof *p->y_transform);
  if (code == SBNN_OK)
    code = sbnn_y_rule_apply(o->y_transform, d->response_names, p->n_responses, p->y_transform, e);
  const columns genes = gene_columns(p), responses = response_columns(p);
  if (code == SBNN_OK && o->x_transform == SBNN_X_COUNTS) code = fit_median_library(p, d, rows, e);
  if (code == SBNN_OK) code = fit_columns(&genes, p, d, rows, e);
  if (code == SBNN_OK) code = fit_columns(&responses, p, d, rows, e);
  if (code == SBNN_OK) code = check_responses(p, d, rows.n, o->may_be_constant, e);
  if (code != SBNN_OK) sbnn_preparation_free(p);
  return code;
}

/* ---- applying ---- */

static int apply_columns(const columns *c, const sbnn_preparation *p, const sbnn_dataset *d, sbnn_rows rows,
                         float *out, sbnn_error *e) {
  const size_t n_cols = c->n;
  const double *mean = c->mean, *sd = c->sd;
  double *v = sbnn_alloc(n_cols, sizeof *v);
  int code = SBNN_OK;
  for (size_t i = 0; i < rows.n && code == SBNN_OK; i++) {
    code = c->of(p, d, rows.row[i], v, e);
    if (code != SBNN_OK) break;
    for (size_t j = 0; j < n_cols; j++)
      out[i * n_cols + j] = sd[j] > 0 ? (float)((v[j] - mean[j]) / sd[j]) : 0; /* genes and responses */
  }
  free(v);
  return code;
}

int sbnn_prepare_apply(const sbnn_preparation *p, const sbnn_dataset *d, sbnn_rows rows, float *x, float *y,
                       sbnn_error *e) {
  const columns genes = gene_columns(p), responses = response_columns(p);
  int code = SBNN_OK;
  if (x) code = apply_columns(&genes, p, d, rows, x, e);
  if (y && code == SBNN_OK) code = apply_columns(&responses, p, d, rows, y, e);
  return code;
}

void sbnn_prepare_own_units(const sbnn_preparation *p, const double *center, double *z, size_t n_rows) {
  for (size_t i = 0; i < n_rows; i++)
    for (size_t r = 0; r < p->n_responses; r++) {
      double *v = &z[i * p->n_responses + r];
      *v = sbnn_y_back(p->y_transform[r], (*v + (center ? center[r] : 0)) * p->y_sd[r] + p->y_mean[r]);
    }
}

/* ---- copying, releasing ---- */

static void *copy_of(const void *from, size_t n, size_t size) {
  void *to = sbnn_alloc(n, size);
  return memcpy(to, from, n * size);
}

void sbnn_preparation_copy(const sbnn_preparation *from, sbnn_preparation *to) {
  *to = *from;
  to->genes = copy_of(from->genes, from->n_genes, sizeof *to->genes);
  to->x_mean = copy_of(from->x_mean, from->n_genes, sizeof *to->x_mean);
  to->x_sd = copy_of(from->x_sd, from->n_genes, sizeof *to->x_sd);
  to->y_mean = copy_of(from->y_mean, from->n_responses, sizeof *to->y_mean);
  to->y_sd = copy_of(from->y_sd, from->n_responses, sizeof *to->y_sd);
  to->y_transform = copy_of(from->y_transform, from->n_responses, sizeof *to->y_transform);
}

void sbnn_preparation_free(sbnn_preparation *p) {
  free(p->genes);
  free(p->x_mean);
  free(p->x_sd);
  free(p->y_mean);
  free(p->y_sd);
  free(p->y_transform);
  *p = (sbnn_preparation){0};
}

/* ---- centring ---- */

void sbnn_center(float *train, size_t n_train, float *test, size_t n_test, size_t n_cols) {
  double *mean = sbnn_alloc(n_cols, sizeof *mean);
  for (size_t i = 0; i < n_train; i++)
    for (size_t j = 0; j < n_cols; j++) mean[j] += (double)train[i * n_cols + j];
  for (size_t j = 0; j < n_cols; j++) mean[j] /= n_train ? (double)n_train : 1;
  for (size_t i = 0; i < n_train; i++)
    for (size_t j = 0; j < n_cols; j++)
      train[i * n_cols + j] = (float)((double)train[i * n_cols + j] - mean[j]);
  for (size_t i = 0; i < n_test; i++)
    for (size_t j = 0; j < n_cols; j++)
      test[i * n_cols + j] = (float)((double)test[i * n_cols + j] - mean[j]);
  free(mean);
}
