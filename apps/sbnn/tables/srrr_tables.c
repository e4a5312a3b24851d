/* srrr_tables.c - see srrr_tables.h. */
#include "tables/srrr_tables.h"
#include "tables/summary.h"

#include "output/folder.h"
#include "output/writer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LAMBDA, GENES, TEST, TEST_RELAXED, TRAIN, TRAIN_RELAXED, N_VALUES };

static double value_of(const sbnn_srrr_score *s, int what) {
  switch (what) {
  case LAMBDA: return s->lambda;
  case GENES: return (double)s->n_genes;
  case TEST: return s->r2[SBNN_TEST];
  case TEST_RELAXED: return s->relaxed[SBNN_TEST];
  case TRAIN: return s->r2[SBNN_TRAIN];
  default: return s->relaxed[SBNN_TRAIN];
  }
}

/* Over the folds of the row-th combination of rank and lambda. */
static sbnn_mean_sd over_folds(const sbnn_srrr_results *r, size_t row, int what) {
  double *value = sbnn_alloc(r->n_folds, sizeof *value);
  for (size_t i = 0; i < r->n_folds; i++) value[i] = value_of(&r->scores[row * r->n_folds + i], what);
  sbnn_mean_sd m = sbnn_mean_sd_of(value, r->n_folds);
  free(value);
  return m;
}

static int write_means(const char *directory, const sbnn_srrr_results *r, sbnn_error *e) {
  sbnn_writer w;
  sbnn_writer_open_in(&w, directory, "srrr.tsv");
  sbnn_put(&w,
           "rank\tlambda\tgenes_mean\tr2_test_mean\tr2_test_sd\tr2_test_relaxed_mean\tr2_test_relaxed_sd\t"
           "r2_train_mean\tr2_train_relaxed_mean\n");
  for (size_t row = 0; row < r->n_ranks * r->n_lambdas; row++) {
    sbnn_mean_sd m[N_VALUES];
    for (int i = 0; i < N_VALUES; i++) m[i] = over_folds(r, row, i);
    const double value[] = {m[LAMBDA].mean,       m[GENES].mean,      m[TEST].mean,  m[TEST].sd,
                            m[TEST_RELAXED].mean, m[TEST_RELAXED].sd, m[TRAIN].mean, m[TRAIN_RELAXED].mean};
    sbnn_put(&w, "%zu", r->scores[row * r->n_folds].rank);
    sbnn_put_numbers(&w, value, sizeof value / sizeof *value);
  }
  return sbnn_writer_close(&w, e);
}

static int write_folds(const char *directory, const sbnn_srrr_results *r, sbnn_error *e) {
  sbnn_writer w;
  sbnn_writer_open_in(&w, directory, "srrr_folds.tsv");
  sbnn_put(&w, "rank\tfold\tlambda\tgenes\tr2_test\tr2_test_relaxed\tr2_train\tr2_train_relaxed\n");
  for (size_t i = 0; i < r->n_ranks * r->n_lambdas * r->n_folds; i++) {
    double value[N_VALUES];
    for (int k = 0; k < N_VALUES; k++) value[k] = value_of(&r->scores[i], k);
    sbnn_put(&w, "%zu\t%d", r->scores[i].rank, r->scores[i].fold);
    sbnn_put_numbers(&w, value, N_VALUES);
  }
  return sbnn_writer_close(&w, e);
}

static int write_genes(const char *directory, const sbnn_srrr_results *r, sbnn_error *e) {
  sbnn_writer w;
  sbnn_writer_open_in(&w, directory, "srrr_genes.tsv");
  sbnn_put(&w, "rank\tfold\tlambda\tgene\tnorm\n");
  for (size_t i = 0; i < r->n_ranks * r->n_lambdas * r->n_folds; i++) {
    const sbnn_srrr_score *s = &r->scores[i];
    for (size_t k = 0; k < s->n_genes; k++) {
      sbnn_put(&w, "%zu\t%d\t", s->rank, s->fold);
      sbnn_put_number(&w, s->lambda);
      sbnn_put(&w, "\t");
      sbnn_put_name(&w, r->data->gene_names[s->genes[k]]);
      sbnn_put_numbers(&w, &s->norms[k], 1);
    }
  }
  return sbnn_writer_close(&w, e);
}

int sbnn_write_srrr(const char *directory, const sbnn_srrr_results *r, sbnn_error *e) {
  int code = write_means(directory, r, e);
  if (code == SBNN_OK) code = write_folds(directory, r, e);
  if (code == SBNN_OK) code = write_genes(directory, r, e);
  return code;
}

sbnn_srrr_mean *sbnn_srrr_means(const sbnn_srrr_results *r, size_t *n) {
  *n = r->n_ranks * r->n_lambdas;
  sbnn_srrr_mean *mean = sbnn_alloc(*n, sizeof *mean);
  for (size_t row = 0; row < *n; row++) {
    sbnn_mean_sd r2 = over_folds(r, row, TEST_RELAXED);
    mean[row] = (sbnn_srrr_mean){.rank = r->scores[row * r->n_folds].rank,
                                 .lambda = over_folds(r, row, LAMBDA).mean,
                                 .genes = over_folds(r, row, GENES).mean,
                                 .r2 = r2.mean,
                                 .sd = r2.sd};
  }
  return mean;
}

int sbnn_srrr_means_read(const char *directory, sbnn_srrr_mean **row, size_t *n, sbnn_error *e) {
  static const char *const names[] = {"rank", "lambda", "genes_mean", "r2_test_relaxed_mean",
                                      "r2_test_relaxed_sd"};
  enum { N = sizeof names / sizeof *names };
  sbnn_tsv t;
  size_t column[N];
  *row = NULL;
  *n = 0;
  int code = sbnn_folder_table(directory, "srrr.tsv", &t, e);
  for (size_t k = 0; k < N && code == SBNN_OK; k++) code = sbnn_tsv_column(&t, names[k], &column[k], e);
  if (code == SBNN_OK) *row = sbnn_alloc(t.n_rows, sizeof **row);
  for (size_t i = 0; code == SBNN_OK && i < t.n_rows; i++) {
    double v[N];
    for (size_t k = 0; k < N && code == SBNN_OK; k++) code = sbnn_tsv_number(&t, i, column[k], &v[k], e);
    if (code == SBNN_OK && !(v[0] >= 1 && v[0] < 1e6))
      code = sbnn_fail(e, SBNN_BAD_INPUT, "%s, line %zu: there is no such rank", t.path, i + 2);
    if (code == SBNN_OK) (*row)[(*n)++] = (sbnn_srrr_mean){(size_t)v[0], v[1], v[2], v[3], v[4]};
  }
  if (code != SBNN_OK) {
    free(*row);
    *row = NULL;
    *n = 0;
  }
  sbnn_tsv_free(&t);
  return code;
}

void sbnn_print_srrr(FILE *to, const sbnn_srrr_results *r) {
  double best = NAN;
  fprintf(to, "%zu folds: mean +- sd over folds\n  rank   lambda   genes  test R2          relaxed\n",
          r->n_folds);
  for (size_t row = 0; row < r->n_ranks * r->n_lambdas; row++) {
    sbnn_mean_sd m[N_VALUES];
    for (int i = 0; i < N_VALUES; i++) m[i] = over_folds(r, row, i);
    fprintf(to, "  %4zu %8.4g %7.1f  %.3f +- %.3f  %.3f +- %.3f\n", r->scores[row * r->n_folds].rank,
            m[LAMBDA].mean, m[GENES].mean, m[TEST].mean, m[TEST].sd, m[TEST_RELAXED].mean,
            m[TEST_RELAXED].sd);
    best = fmax(best, fmax(m[TEST].mean, m[TEST_RELAXED].mean));
  }
  sbnn_print_low_r2(to, best, true);
}
