/* srrr_tables.c - see srrr_tables.h. */
#include "results/srrr_tables.h"

#include "results/writer.h"

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

static void put_numbers(sbnn_writer *w, const double *value, size_t n) {
  for (size_t i = 0; i < n; i++) {
    sbnn_put(w, "\t");
    sbnn_put_number(w, value[i]);
  }
  sbnn_put(w, "\n");
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
    put_numbers(&w, value, sizeof value / sizeof *value);
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
    put_numbers(&w, value, N_VALUES);
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
      put_numbers(&w, &s->norms[k], 1);
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

void sbnn_print_srrr(FILE *to, const sbnn_srrr_results *r) {
  fprintf(to, "%zu folds: mean +- sd over folds\n  rank   lambda   genes  test R2          relaxed\n",
          r->n_folds);
  for (size_t row = 0; row < r->n_ranks * r->n_lambdas; row++) {
    sbnn_mean_sd m[N_VALUES];
    for (int i = 0; i < N_VALUES; i++) m[i] = over_folds(r, row, i);
    fprintf(to, "  %4zu %8.4g %7.1f  %.3f +- %.3f  %.3f +- %.3f\n", r->scores[row * r->n_folds].rank,
            m[LAMBDA].mean, m[GENES].mean, m[TEST].mean, m[TEST].sd, m[TEST_RELAXED].mean,
            m[TEST_RELAXED].sd);
  }
}
