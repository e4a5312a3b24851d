/* prepared.c - see prepared.h. */
#include "training/prepared.h"

#include "data/kmeans.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct clusters {
  int32_t *label; /* owned; -1: of none */
  int64_t n;
} clusters;

/* k-means classes of the rows of y; classes of fewer than cluster_min rows become -1, the others are numbered
 * anew. */
static int cluster(const float *y, size_t n, size_t d, const sbnn_matrices_options *o, clusters *out,
                   sbnn_error *e) {
  sbnn_kmeans km;
  sbnn_kmeans_options ko = {.clusters = (size_t)o->clusters,
                            .restarts = (size_t)o->kmeans_restarts,
                            .seed = o->seed,
                            .threads = o->threads};
  int code = sbnn_kmeans_fit(y, n, d, &ko, &km, e);
  if (code != SBNN_OK) return code;
  int32_t *number = sbnn_alloc(km.k, sizeof *number), used = 0;
  for (size_t c = 0; c < km.k; c++) number[c] = km.sizes[c] >= (size_t)o->cluster_min ? used++ : -1;
  out->label = sbnn_alloc(n, sizeof *out->label);
  for (size_t i = 0; i < n; i++) out->label[i] = number[km.labels[i]];
  out->n = used;
  free(number);
  sbnn_kmeans_free(&km);
  if (used >= 2) return SBNN_OK;
  return sbnn_fail(e, SBNN_BAD_INPUT,
                   "pretraining: only %d of %d clusters have at least %d cells; use fewer --clusters, a "
                   "lower --cluster-min, or --no-pretrain",
                   (int)used, o->clusters, o->cluster_min);
}

int sbnn_shared_make(const sbnn_dataset *d, const sbnn_matrices_options *o, sbnn_shared *s, sbnn_error *e) {
  size_t *all = sbnn_alloc(d->n_cells, sizeof *all);
  for (size_t i = 0; i < d->n_cells; i++) all[i] = i;
  *s = (sbnn_shared){0};
  int code = sbnn_prepare_fit(d, (sbnn_rows){all, d->n_cells}, &o->prepare, &s->preparation, e);
  if (code == SBNN_OK) {
    s->x = sbnn_alloc(d->n_cells * s->preparation.n_genes, sizeof *s->x);
    s->y = sbnn_alloc(d->n_cells * d->n_responses, sizeof *s->y);
    code = sbnn_prepare_apply(&s->preparation, d, (sbnn_rows){all, d->n_cells}, s->x, s->y, e);
  }
  clusters c = {0};
  if (code == SBNN_OK && o->pretrain) code = cluster(s->y, d->n_cells, d->n_responses, o, &c, e);
  s->clusters = c.label;
  s->n_clusters = c.n;
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
static void take_shared(const sbnn_shared *s, const sbnn_cells *c, sbnn_prepared *f) {
  sbnn_matrices *m = &f->matrices;
  copy_rows(m->x, s->x, c->train, c->n_train, m->n_inputs);
  copy_rows(m->x + c->n_train * m->n_inputs, s->x, c->test, c->n_test, m->n_inputs);
  copy_rows(m->y, s->y, c->train, c->n_train, m->n_responses);
  copy_rows(m->y + c->n_train * m->n_responses, s->y, c->test, c->n_test, m->n_responses);
  if (!s->clusters) return;
  f->clusters = sbnn_alloc(c->n_train, sizeof *f->clusters);
  for (size_t i = 0; i < c->n_train; i++) f->clusters[i] = s->clusters[c->train[i]];
  m->n_clusters = s->n_clusters;
}

/* The columns of those that vary, without a gap: p->n_responses of them from here on. */
static void leave_out(const sbnn_dataset *d, sbnn_prepared *f) {
  sbnn_matrices *p = &f->matrices;
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

static int fit_inside(const sbnn_dataset *d, const sbnn_matrices_options *o, const sbnn_cells *c,
                      sbnn_prepared *f, sbnn_error *e) {
  sbnn_matrices *m = &f->matrices;
  int code = sbnn_prepare_apply(&f->preparation, d, (sbnn_rows){c->train, c->n_train}, m->x, m->y, e);
  if (code == SBNN_OK && c->n_test)
    code = sbnn_prepare_apply(&f->preparation, d, (sbnn_rows){c->test, c->n_test},
                              m->x + c->n_train * m->n_inputs, m->y + c->n_train * m->n_responses, e);
  if (code == SBNN_OK) leave_out(d, f);
  clusters found = {0};
  if (code == SBNN_OK && o->pretrain) code = cluster(m->y, c->n_train, m->n_responses, o, &found, e);
  f->clusters = found.label;
  m->n_clusters = found.n;
  return code;
}

static void center(sbnn_prepared *f) {
  sbnn_matrices *p = &f->matrices;
  for (size_t i = 0; i < p->n_train; i++)
    for (size_t c = 0; c < p->n_responses; c++)
      f->y_center[c] += p->y[i * p->n_responses + c] / (double)p->n_train;
  sbnn_center(p->x, p->n_train, p->x + p->n_train * p->n_inputs, p->n_test, p->n_inputs);
  sbnn_center(p->y, p->n_train, p->y + p->n_train * p->n_responses, p->n_test, p->n_responses);
}

static void alloc_matrices(const sbnn_cells *c, const sbnn_dataset *d, sbnn_prepared *f) {
  size_t n = c->n_train + c->n_test;
  sbnn_matrices *m = &f->matrices;
  *m = (sbnn_matrices){.n_train = c->n_train,
                       .n_test = c->n_test,
                       .n_inputs = f->preparation.n_genes,
                       .n_responses = d->n_responses,
                       .input_genes = f->preparation.genes};
  m->x = sbnn_alloc(n * m->n_inputs, sizeof *m->x);
  m->y = sbnn_alloc(n * m->n_responses, sizeof *m->y);
  f->y_center = sbnn_alloc(m->n_responses, sizeof *f->y_center);
  if (!d->groups) return;
  f->groups = sbnn_alloc(c->n_train, sizeof *f->groups);
  for (size_t i = 0; i < c->n_train; i++) f->groups[i] = d->groups[c->train[i]];
  m->groups = f->groups;
}

int sbnn_prepared_make(const sbnn_dataset *d, const sbnn_matrices_options *o, const sbnn_shared *shared,
                       const sbnn_cells *cells, sbnn_prepared *f, sbnn_error *e) {
  sbnn_prepare_options po = o->prepare;
  int code = SBNN_OK;
  *f = (sbnn_prepared){0};
  po.may_be_constant =
      cells->n_train < d->n_cells; /* a part of the cells; of all of them it would be a fault */
  if (shared) sbnn_preparation_copy(&shared->preparation, &f->preparation);
  else code = sbnn_prepare_fit(d, (sbnn_rows){cells->train, cells->n_train}, &po, &f->preparation, e);
  if (code != SBNN_OK) return code;
  alloc_matrices(cells, d, f);
  if (shared) {
    take_shared(shared, cells, f);
    center(f);
  } else {
    code = fit_inside(d, o, cells, f, e);
  }
  f->matrices.clusters = o->pretrain ? f->clusters : NULL;
  if (code != SBNN_OK) sbnn_prepared_free(f);
  return code;
}

void sbnn_prepared_free(sbnn_prepared *f) {
  free(f->matrices.x);
  free(f->matrices.y);
  free(f->y_center);
  free(f->clusters);
  free(f->groups);
  free(f->left_out);
  sbnn_preparation_free(&f->preparation);
  *f = (sbnn_prepared){0};
}

/* ---- responses that were left out ---- */

/* A row of [before + all responses] in place of one of [before + those kept]. */
static double *widened(const sbnn_prepared *f, double *narrow, size_t rows, size_t before, size_t all) {
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

void sbnn_prepared_widen(const sbnn_prepared *f, sbnn_experiment *x) {
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

void sbnn_to_own_units(const sbnn_prepared *f, double *z, size_t rows) {
  sbnn_prepare_own_units(&f->preparation, f->y_center, z, rows);
}
