/* problem.c - see problem.h. */
#include "training/problem.h"

#include "data/kmeans.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* k-means classes of the rows of y; classes of fewer than cluster_min rows become -1, the others are numbered
 * anew. */
static int cluster(const float *y, size_t n, size_t d, const sbnn_options *o, int threads, int32_t **labels,
                   int64_t *n_clusters, sbnn_error *e) {
  sbnn_kmeans km;
  sbnn_kmeans_options ko = {.clusters = (size_t)o->clusters,
                            .restarts = (size_t)o->kmeans_restarts,
                            .seed = (uint64_t)o->seed,
                            .threads = threads};
  int code = sbnn_kmeans_fit(y, n, d, &ko, &km, e);
  if (code != SBNN_OK) return code;
  int32_t *number = sbnn_alloc(km.k, sizeof *number), used = 0;
  for (size_t c = 0; c < km.k; c++) number[c] = km.sizes[c] >= (size_t)o->cluster_min ? used++ : -1;
  *labels = sbnn_alloc(n, sizeof **labels);
  for (size_t i = 0; i < n; i++) (*labels)[i] = number[km.labels[i]];
  *n_clusters = used;
  free(number);
  sbnn_kmeans_free(&km);
  if (used >= 2) return SBNN_OK;
  return sbnn_fail(e, SBNN_BAD_INPUT,
                   "pretraining: only %d of %d clusters have at least %d cells; use fewer --clusters, a "
                   "lower --cluster-min, or --no-pretrain",
                   (int)used, o->clusters, o->cluster_min);
}

static sbnn_prepare_options prepare_options(const sbnn_options *o) {
  return (sbnn_prepare_options){.variable_genes = (size_t)o->variable_genes,
                                .gene_threshold = o->gene_threshold,
                                .y_transform = o->y_transform,
                                .x_transform = (sbnn_x_transform)o->x_transform};
}

int sbnn_shared_make(const sbnn_dataset *d, const sbnn_options *o, bool pretrain, sbnn_shared *s,
                     sbnn_error *e) {
  sbnn_prepare_options po = prepare_options(o);
  size_t *all = sbnn_alloc(d->n_cells, sizeof *all);
  for (size_t i = 0; i < d->n_cells; i++) all[i] = i;
  *s = (sbnn_shared){0};
  int code = sbnn_prepare_fit(d, all, d->n_cells, &po, &s->preparation, e);
  if (code == SBNN_OK) {
    s->x = sbnn_alloc(d->n_cells * s->preparation.n_genes, sizeof *s->x);
    s->y = sbnn_alloc(d->n_cells * d->n_responses, sizeof *s->y);
    code = sbnn_prepare_apply(&s->preparation, d, all, d->n_cells, s->x, s->y, e);
  }
  if (code == SBNN_OK && pretrain)
    code = cluster(s->y, d->n_cells, d->n_responses, o, o->threads > 0 ? o->threads : tn_max_threads(),
                   &s->clusters, &s->n_clusters, e);
  free(all);
  if (code != SBNN_OK) sbnn_shared_free(s);
  return code;
}

void sbnn_shared_free(sbnn_shared *s) {
  sbnn_preparation_free(&s->preparation);
  free(s->x);
  free(s->y);
  free(s->clusters);
  *s = (sbnn_shared){0};
}

static void copy_rows(float *to, const float *from, const size_t *rows, size_t n, size_t columns) {
  for (size_t i = 0; i < n; i++) memcpy(to + i * columns, from + rows[i] * columns, columns * sizeof *to);
}

/* Rows of what was fitted on all cells. */
static void take_shared(const sbnn_shared *s, const size_t *train, size_t n_train, const size_t *test,
                        size_t n_test, sbnn_fold *f) {
  sbnn_problem *p = &f->problem;
  copy_rows(p->x, s->x, train, n_train, p->n_inputs);
  copy_rows(p->x + n_train * p->n_inputs, s->x, test, n_test, p->n_inputs);
  copy_rows(p->y, s->y, train, n_train, p->n_responses);
  copy_rows(p->y + n_train * p->n_responses, s->y, test, n_test, p->n_responses);
  if (!s->clusters) return;
  f->clusters = sbnn_alloc(n_train, sizeof *f->clusters);
  for (size_t i = 0; i < n_train; i++) f->clusters[i] = s->clusters[train[i]];
  p->n_clusters = s->n_clusters;
}

/* The columns of those that vary, without a gap: p->n_responses of them from here on. */
static void leave_out(const sbnn_dataset *d, sbnn_fold *f) {
  sbnn_problem *p = &f->problem;
  const double *sd = f->preparation.y_sd;
  size_t n = p->n_train + p->n_test, all = d->n_responses, kept = 0;
  for (size_t r = 0; r < all; r++) kept += sd[r] > 0;
  if (kept == all) return;
  f->left_out = sbnn_alloc(all, sizeof *f->left_out);
  for (size_t r = 0; r < all; r++) f->left_out[r] = !(sd[r] > 0);
  float *to = p->y;
  for (size_t i = 0; i < n; i++)
    for (size_t r = 0; r < all; r++)
      if (sd[r] > 0) *to++ = p->y[i * all + r];
  p->n_responses = kept;
}

static int fit_inside(const sbnn_dataset *d, const sbnn_options *o, const size_t *train, size_t n_train,
                      const size_t *test, size_t n_test, bool pretrain, int threads, sbnn_fold *f,
                      sbnn_error *e) {
  sbnn_problem *p = &f->problem;
  int code = sbnn_prepare_apply(&f->preparation, d, train, n_train, p->x, p->y, e);
  if (code == SBNN_OK && n_test)
    code = sbnn_prepare_apply(&f->preparation, d, test, n_test, p->x + n_train * p->n_inputs,
                              p->y + n_train * p->n_responses, e);
  if (code == SBNN_OK) leave_out(d, f);
  if (code == SBNN_OK && pretrain)
    code = cluster(p->y, n_train, p->n_responses, o, threads, &f->clusters, &p->n_clusters, e);
  return code;
}

static void center(sbnn_fold *f) {
  sbnn_problem *p = &f->problem;
  for (size_t i = 0; i < p->n_train; i++)
    for (size_t c = 0; c < p->n_responses; c++)
      f->y_center[c] += p->y[i * p->n_responses + c] / (double)p->n_train;
  sbnn_center(p->x, p->n_train, p->x + p->n_train * p->n_inputs, p->n_test, p->n_inputs);
  sbnn_center(p->y, p->n_train, p->y + p->n_train * p->n_responses, p->n_test, p->n_responses);
}

int sbnn_fold_make(const sbnn_dataset *d, const sbnn_options *o, const sbnn_shared *shared,
                   const size_t *train, size_t n_train, const size_t *test, size_t n_test, bool pretrain,
                   int threads, sbnn_fold *f, sbnn_error *e) {
  sbnn_prepare_options po = prepare_options(o);
  sbnn_problem *p = &f->problem;
  int code = SBNN_OK;
  *f = (sbnn_fold){0};
  po.may_be_constant = n_train < d->n_cells; /* a part of the cells; of all of them it would be a fault */
  if (shared) sbnn_preparation_copy(&shared->preparation, &f->preparation);
  else code = sbnn_prepare_fit(d, train, n_train, &po, &f->preparation, e);
  if (code != SBNN_OK) return code;
  *p = (sbnn_problem){.n_train = n_train,
                      .n_test = n_test,
                      .n_inputs = f->preparation.n_genes,
                      .n_responses = d->n_responses,
                      .input_genes = f->preparation.genes};
  p->x = sbnn_alloc((n_train + n_test) * p->n_inputs, sizeof *p->x);
  p->y = sbnn_alloc((n_train + n_test) * p->n_responses, sizeof *p->y);
  f->y_center = sbnn_alloc(p->n_responses, sizeof *f->y_center);
  if (shared) {
    take_shared(shared, train, n_train, test, n_test, f);
    center(f);
  } else {
    code = fit_inside(d, o, train, n_train, test, n_test, pretrain, threads, f, e);
  }
  p->clusters = pretrain ? f->clusters : NULL;
  if (code != SBNN_OK) sbnn_fold_free(f);
  return code;
}

void sbnn_fold_free(sbnn_fold *f) {
  free(f->problem.x);
  free(f->problem.y);
  free(f->y_center);
  free(f->clusters);
  free(f->left_out);
  sbnn_preparation_free(&f->preparation);
  *f = (sbnn_fold){0};
}

/* ---- responses that were left out ---- */

/* A row of [before + all responses] in place of one of [before + those kept]. */
static double *widened(const sbnn_fold *f, double *narrow, size_t rows, size_t before, size_t all) {
  if (!narrow) return NULL;
  double *wide = sbnn_alloc(rows * (before + all), sizeof *wide), *to = wide;
  const double *from = narrow;
  for (size_t i = 0; i < rows; i++) {
    for (size_t k = 0; k < before; k++) *to++ = *from++;
    for (size_t r = 0; r < all; r++) *to++ = f->left_out[r] ? NAN : *from++;
  }
  free(narrow);
  return wide;
}

void sbnn_fold_widen(const sbnn_fold *f, sbnn_experiment *x) {
  const size_t all = f->preparation.n_responses;
  if (!f->left_out) return;
  for (int stage = 0; stage < SBNN_N_STAGES; stage++)
    for (int split = 0; split < SBNN_N_SPLITS; split++)
      x->r2[stage][split] = widened(f, x->r2[stage][split], 1, 1, all);
  x->predictions = widened(f, x->predictions, x->n_test ? x->n_test : x->n_train, 0, all);
  x->n_responses = all;
  x->left_out = sbnn_alloc(all, sizeof *x->left_out);
  memcpy(x->left_out, f->left_out, all * sizeof *x->left_out);
}

char *sbnn_left_out_sentence(const sbnn_dataset *d, const char *where, const bool *left_out, size_t n_train) {
  enum { LISTED = 3 };
  char list[256] = "";
  size_t n = 0, used = 0;
  for (size_t r = 0; left_out && r < d->n_responses; r++)
    if (left_out[r] && n++ < LISTED)
      used += (size_t)snprintf(list + used, sizeof list - used, "%s'%.60s'", n > 1 ? ", " : "",
                               d->response_names[r]);
  if (n == 0) return NULL;
  return sbnn_format("%s: %zu response%s the same value in all %zu cells that are trained on and %s left out "
                     "there: %s%s",
                     where, n, n == 1 ? " has" : "s have", n_train, n == 1 ? "is" : "are", list,
                     n > LISTED ? ", ..." : "");
}

void sbnn_to_own_units(const sbnn_fold *f, double *z, size_t rows) {
  sbnn_prepare_own_units(&f->preparation, f->y_center, z, rows);
}
