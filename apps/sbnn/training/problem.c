/* problem.c - see problem.h. */
#include "training/problem.h"

#include "data/kmeans.h"

#include <math.h>
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
  return (sbnn_prepare_options){(size_t)o->variable_genes, o->gene_threshold, o->y_transform,
                                (sbnn_x_transform)o->x_transform};
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

static int fit_inside(const sbnn_dataset *d, const sbnn_options *o, const size_t *train, size_t n_train,
                      const size_t *test, size_t n_test, bool pretrain, int threads, sbnn_fold *f,
                      sbnn_error *e) {
  sbnn_problem *p = &f->problem;
  int code = sbnn_prepare_apply(&f->preparation, d, train, n_train, p->x, p->y, e);
  if (code == SBNN_OK && n_test)
    code = sbnn_prepare_apply(&f->preparation, d, test, n_test, p->x + n_train * p->n_inputs,
                              p->y + n_train * p->n_responses, e);
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
  sbnn_preparation_free(&f->preparation);
  *f = (sbnn_fold){0};
}

void sbnn_to_own_units(const sbnn_fold *f, double *z, size_t rows) {
  sbnn_prepare_own_units(&f->preparation, f->y_center, z, rows);
}
