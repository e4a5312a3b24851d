/* path_tables.c - the tables of `sbnn path` (path_results.h). */
#include "results/path_results.h"

#include "output/writer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- values of one experiment, and their mean over folds ---- */

typedef enum column { GENES, TRAIN, TEST, FROZEN, UNFROZEN, PRUNED, N_COLUMNS } column;

static double r2_of(const sbnn_experiment *x, sbnn_stage stage, sbnn_split split) {
  return x->r2[stage][split] ? x->r2[stage][split][0] : NAN;
}

static double value_of(const sbnn_experiment *x, column what) {
  switch (what) {
  case GENES: return (double)x->n_genes;
  case TRAIN: return r2_of(x, SBNN_STAGE_FINETUNED, SBNN_TRAIN);
  case TEST: return r2_of(x, SBNN_STAGE_FINETUNED, SBNN_TEST);
  case FROZEN: return r2_of(x, SBNN_STAGE_FROZEN, SBNN_TEST);
  case UNFROZEN: return r2_of(x, SBNN_STAGE_UNFROZEN, SBNN_TEST);
  case PRUNED: return r2_of(x, SBNN_STAGE_PRUNED, SBNN_TEST);
  case N_COLUMNS: break;
  }
  return NAN;
}

static sbnn_mean_sd over_folds(const sbnn_path_results *r, const sbnn_path_setting *s, column what) {
  double *value = sbnn_alloc(r->n_folds, sizeof *value);
  for (size_t i = 0; i < r->n_folds; i++) value[i] = value_of(&s->folds[i], what);
  sbnn_mean_sd m = sbnn_mean_sd_of(value, r->n_folds);
  free(value);
  return m;
}

size_t sbnn_path_epochs(const sbnn_experiment *x) {
  size_t n = 0;
  for (size_t i = 0; i < x->n_history; i++) n += strcmp(x->history[i].phase, "pretrain") != 0;
  return n;
}

const sbnn_history_row *sbnn_path_epoch(const sbnn_experiment *x, size_t epoch) {
  for (size_t i = 0; i < x->n_history; i++)
    if (strcmp(x->history[i].phase, "pretrain") != 0 && epoch-- == 0) return &x->history[i];
  return NULL;
}

/* ---- files ---- */

static void put_setting(sbnn_writer *w, const sbnn_path_setting *s) {
  sbnn_put(w, "%d\t", s->bottleneck);
  sbnn_put_number(w, s->lambda);
}

static int write_means(const char *directory, const sbnn_path_results *r, sbnn_error *e) {
  sbnn_writer w;
  sbnn_writer_open_in(&w, directory, "path.tsv");
  sbnn_put(&w, "bottleneck\tlambda\tgenes_mean\tr2_train_mean\tr2_train_sd\tr2_test_mean\tr2_test_sd\t"
               "r2_test_frozen_mean\tr2_test_unfrozen_mean\tr2_test_pruned_mean\n");
  for (size_t i = 0; i < r->n_settings; i++) {
    sbnn_mean_sd m[N_COLUMNS];
    for (int k = 0; k < N_COLUMNS; k++) m[k] = over_folds(r, &r->settings[i], (column)k);
    const double value[] = {m[GENES].mean, m[TRAIN].mean,  m[TRAIN].sd,      m[TEST].mean,
                            m[TEST].sd,    m[FROZEN].mean, m[UNFROZEN].mean, m[PRUNED].mean};
    put_setting(&w, &r->settings[i]);
    sbnn_put_numbers(&w, value, sizeof value / sizeof *value);
  }
  return sbnn_writer_close(&w, e);
}

static int write_folds(const char *directory, const sbnn_path_results *r, sbnn_error *e) {
  sbnn_writer w;
  sbnn_writer_open_in(&w, directory, "path_folds.tsv");
  sbnn_put(&w, "bottleneck\tlambda\tfold\tgenes\tr2_train\tr2_test\tr2_test_frozen\tr2_test_unfrozen\t"
               "r2_test_pruned\n");
  for (size_t i = 0; i < r->n_settings; i++)
    for (size_t f = 0; f < r->n_folds; f++) {
      double value[N_COLUMNS];
      for (int k = 0; k < N_COLUMNS; k++) value[k] = value_of(&r->settings[i].folds[f], (column)k);
      put_setting(&w, &r->settings[i]);
      sbnn_put(&w, "\t%d", r->settings[i].folds[f].fold);
      sbnn_put_numbers(&w, value, N_COLUMNS);
    }
  return sbnn_writer_close(&w, e);
}

static sbnn_mean_sd epoch_mean(const sbnn_path_results *r, const sbnn_path_setting *s, size_t epoch,
                               double (*of)(const sbnn_history_row *h)) {
  double *value = sbnn_alloc(r->n_folds, sizeof *value);
  for (size_t i = 0; i < r->n_folds; i++) {
    const sbnn_history_row *h = sbnn_path_epoch(&s->folds[i], epoch);
    value[i] = h ? of(h) : NAN;
  }
  sbnn_mean_sd m = sbnn_mean_sd_of(value, r->n_folds);
  free(value);
  return m;
}

static double train_r2(const sbnn_history_row *h) { return h->train_r2; }
static double test_r2(const sbnn_history_row *h) { return h->test_r2; }
static double test_r2_batches(const sbnn_history_row *h) { return h->test_r2_batches; }

static int write_curves(const char *directory, const sbnn_path_results *r, sbnn_error *e) {
  sbnn_writer w;
  sbnn_writer_open_in(&w, directory, "path_curves.tsv");
  sbnn_put(&w, "bottleneck\tlambda\tepoch\tphase\tr2_train_mean\tr2_train_sd\tr2_test_mean\tr2_test_sd\t"
               "r2_test_batches_mean\tr2_test_batches_sd\n");
  for (size_t i = 0; i < r->n_settings; i++) {
    const sbnn_path_setting *s = &r->settings[i];
    size_t epochs = sbnn_path_epochs(&s->folds[0]);
    for (size_t k = 0; k < epochs; k++) {
      sbnn_mean_sd train = epoch_mean(r, s, k, train_r2), test = epoch_mean(r, s, k, test_r2),
                   batches = epoch_mean(r, s, k, test_r2_batches);
      const double value[] = {train.mean, train.sd, test.mean, test.sd, batches.mean, batches.sd};
      put_setting(&w, s);
      sbnn_put(&w, "\t%zu\t%s", k + 1, sbnn_path_epoch(&s->folds[0], k)->phase);
      sbnn_put_numbers(&w, value, sizeof value / sizeof *value);
    }
  }
  return sbnn_writer_close(&w, e);
}

/* A gene with its norm; largest first, as in the table of genes among equals. */
static int by_norm(const void *a, const void *b, void *norms) {
  size_t i = *(const size_t *)a, j = *(const size_t *)b;
  double x = ((const double *)norms)[i], y = ((const double *)norms)[j];
  return x > y ? -1 : x < y ? 1 : i < j ? -1 : i > j;
}

static int write_norms(const char *directory, const sbnn_path_results *r, sbnn_error *e) {
  sbnn_writer w;
  sbnn_writer_open_in(&w, directory, "path_norms.tsv");
  sbnn_put(&w, "bottleneck\tlambda\trank\tgene\tnorm\n");
  for (size_t i = 0; i < r->n_settings; i++) {
    const sbnn_experiment *x = r->settings[i].whole;
    size_t *order = sbnn_alloc(x->n_all, sizeof *order);
    for (size_t k = 0; k < x->n_all; k++) order[k] = k;
    qsort_r(order, x->n_all, sizeof *order, by_norm, x->all_norms);
    for (size_t k = 0; k < x->n_all; k++) {
      put_setting(&w, &r->settings[i]);
      sbnn_put(&w, "\t%zu\t", k + 1);
      sbnn_put_name(&w, r->data->gene_names[x->all_genes[order[k]]]);
      sbnn_put_numbers(&w, &x->all_norms[order[k]], 1);
    }
    free(order);
  }
  return sbnn_writer_close(&w, e);
}

int sbnn_write_path_tables(const char *directory, const sbnn_path_results *r, sbnn_error *e) {
  int code = write_means(directory, r, e);
  if (code == SBNN_OK) code = write_folds(directory, r, e);
  if (code == SBNN_OK) code = write_curves(directory, r, e);
  if (code == SBNN_OK) code = write_norms(directory, r, e);
  return code;
}

void sbnn_print_path(FILE *to, const sbnn_path_results *r) {
  fprintf(to, "%zu folds: mean +- sd over folds\n  bottleneck   lambda   genes  test R2          before\n",
          r->n_folds);
  for (size_t i = 0; i < r->n_settings; i++) {
    const sbnn_path_setting *s = &r->settings[i];
    sbnn_mean_sd test = over_folds(r, s, TEST);
    fprintf(to, "  %10d %8.4g %7.1f  %.3f +- %.3f  %.3f\n", s->bottleneck, s->lambda,
            over_folds(r, s, GENES).mean, test.mean, test.sd, over_folds(r, s, UNFROZEN).mean);
  }
  fputs("  (before: test R2 before pruning, with all genes)\n", to);
}
