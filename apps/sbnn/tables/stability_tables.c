/* stability_tables.c - the files of `sbnn stability` (stability_results.h). */
#include "output/writer.h"
#include "results/stability_results.h"
#include "tables/tables.h"

#include <math.h>
#include <stdlib.h>

static int write_selections(const char *directory, const sbnn_stability_results *s, sbnn_error *e) {
  sbnn_writer w;
  sbnn_writer_open_in(&w, directory, "stability.tsv");
  sbnn_put(&w, "gene\truns\tfrequency\tlow\thigh\trank_mean\n");
  for (size_t i = 0; i < s->n_genes; i++) {
    const sbnn_selection *g = &s->genes[i];
    sbnn_put_name(&w, s->data->gene_names[g->gene]);
    sbnn_put(&w, "\t%zu", g->runs);
    sbnn_put_numbers(&w, (double[]){g->frequency, g->low, g->high, g->rank}, 4);
  }
  return sbnn_writer_close(&w, e);
}

static double r2(const sbnn_experiment *x, sbnn_split split) {
  const double *all = x->r2[SBNN_STAGE_FINETUNED][split];
  return all && (split == SBNN_TRAIN || x->n_test) ? all[0] : NAN;
}

static int write_runs(const char *directory, const sbnn_stability_results *s, sbnn_error *e) {
  sbnn_writer w;
  sbnn_writer_open_in(&w, directory, "stability_runs.tsv");
  sbnn_put(&w, "run\tseed\tn_train\tn_test\tr2_train\tr2_test\tmap_label_accuracy\tmap_difference\n");
  for (size_t r = 0; r < s->n; r++) {
    const sbnn_experiment *x = &s->runs[r];
    sbnn_put(&w, "%zu\t%d\t%zu\t%zu", r + 1, s->seeds[r], x->n_train, x->n_test);
    sbnn_put_numbers(&w,
                     (double[]){r2(x, SBNN_TRAIN), r2(x, SBNN_TEST), sbnn_map_accuracy(s->data, x),
                                s->left ? s->left[r] : NAN},
                     4);
  }
  return sbnn_writer_close(&w, e);
}

static int write_genes(const char *directory, const sbnn_stability_results *s, sbnn_error *e) {
  sbnn_writer w;
  sbnn_writer_open_in(&w, directory, "stability_genes.tsv");
  sbnn_put(&w, "run\trank\tgene\tnorm\n");
  for (size_t r = 0; r < s->n; r++)
    for (size_t k = 0; k < s->runs[r].n_genes; k++) {
      sbnn_put(&w, "%zu\t%zu\t", r + 1, k + 1);
      sbnn_put_name(&w, s->data->gene_names[s->runs[r].genes[k]]);
      sbnn_put_numbers(&w, &s->runs[r].norms[k], 1);
    }
  return sbnn_writer_close(&w, e);
}

static int write_overlaps(const char *directory, const sbnn_stability_results *s, sbnn_error *e) {
  sbnn_writer w;
  sbnn_writer_open_in(&w, directory, "stability_overlaps.tsv");
  sbnn_put(&w, "run");
  for (size_t r = 0; r < s->n; r++) sbnn_put(&w, "\trun_%zu", r + 1);
  sbnn_put(&w, "\n");
  for (size_t r = 0; r < s->n; r++) {
    sbnn_put(&w, "%zu", r + 1);
    for (size_t k = 0; k < s->n; k++) sbnn_put(&w, "\t%zu", s->overlap[r * s->n + k]);
    sbnn_put(&w, "\n");
  }
  return sbnn_writer_close(&w, e);
}

static size_t always(const sbnn_stability_results *s) {
  size_t n = 0;
  while (n < s->n_genes && s->genes[n].runs == s->n) n++;
  return n;
}

static sbnn_mean_sd over_runs(const sbnn_stability_results *s, sbnn_split split) {
  double *value = sbnn_alloc(s->n, sizeof *value);
  for (size_t r = 0; r < s->n; r++) value[r] = r2(&s->runs[r], split);
  sbnn_mean_sd m = sbnn_mean_sd_of(value, s->n);
  free(value);
  return m;
}

static int write_summary(const char *directory, const sbnn_stability_results *s, sbnn_error *e) {
  sbnn_mean_sd train = over_runs(s, SBNN_TRAIN), test = over_runs(s, SBNN_TEST);
  const struct {
    const char *name;
    double value;
  } rows[] = {{"runs", (double)s->n},
              {"genes_ever", (double)s->n_genes},
              {"genes_always", (double)always(s)},
              {"overlap_mean", s->all.mean},
              {"overlap_sd", s->all.sd},
              {"overlap_disjoint_mean", s->disjoint.mean},
              {"overlap_disjoint_sd", s->disjoint.sd},
              {"stability_index", s->index},
              {"r2_train_mean", train.mean},
              {"r2_train_sd", train.sd},
              {"r2_test_mean", test.mean},
              {"r2_test_sd", test.sd}};
  sbnn_writer w;
  sbnn_writer_open_in(&w, directory, "stability_summary.tsv");
  sbnn_put(&w, "quantity\tvalue\n");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    sbnn_put(&w, "%s", rows[i].name);
    sbnn_put_numbers(&w, &rows[i].value, 1);
  }
  return sbnn_writer_close(&w, e);
}

static int write_maps(const char *directory, const sbnn_stability_results *s, sbnn_error *e) {
  size_t d = (size_t)s->runs[0].bottleneck, cells = s->data->n_cells;
  sbnn_writer w;
  sbnn_writer_open_in(&w, directory, "stability_maps.tsv");
  sbnn_put(&w, "cell");
  for (size_t r = 0; r < s->n; r++)
    for (size_t k = 0; k < d; k++) sbnn_put(&w, "\trun%zu_%zu", r + 1, k + 1);
  sbnn_put(&w, "\n");
  for (size_t i = 0; i < cells; i++) {
    sbnn_put_name(&w, s->data->cell_names[i]);
    for (size_t r = 0; r < s->n; r++)
      for (size_t k = 0; k < d; k++) {
        sbnn_put(&w, "\t");
        sbnn_put_number(&w, s->maps[(r * cells + i) * d + k]);
      }
    sbnn_put(&w, "\n");
  }
  return sbnn_writer_close(&w, e);
}

int sbnn_write_stability(const char *directory, const sbnn_stability_results *s, sbnn_error *e) {
  int code = write_selections(directory, s, e);
  if (code == SBNN_OK) code = write_runs(directory, s, e);
  if (code == SBNN_OK) code = write_genes(directory, s, e);
  if (code == SBNN_OK) code = write_overlaps(directory, s, e);
  if (code == SBNN_OK) code = write_summary(directory, s, e);
  if (code == SBNN_OK && s->maps) code = write_maps(directory, s, e);
  if (code == SBNN_OK && s->maps && s->data->n_labels) code = sbnn_write_labels(directory, s->data, e);
  return code;
}

/* ---- last words ---- */

void sbnn_print_stability(FILE *to, const sbnn_stability_results *s) {
  size_t n = always(s);
  sbnn_mean_sd test = over_runs(s, SBNN_TEST);
  fprintf(to, "Two runs share %.1f genes on average", s->all.mean);
  if (s->halves) fprintf(to, ", two on disjoint halves %.1f", s->disjoint.mean);
  fprintf(to, " (stability index %.2f)\n%zu genes are in all %zu runs%s", s->index, n, s->n, n ? ":" : "");
  for (size_t i = 0; i < n; i++) fprintf(to, " %s", s->data->gene_names[s->genes[i].gene]);
  fputc('\n', to);
  if (test.n) fprintf(to, "R2 of the other half %.3f +- %.3f\n", test.mean, test.sd);
}
