/* stability_results.c - see stability_results.h. */
#include "results/stability_results.h"

#include "linear/procrustes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void sbnn_wilson(size_t k, size_t n, double *low, double *high) {
  const double z = 1.959963984540054, runs = (double)n, p = (double)k / runs, shrink = 1 + z * z / runs;
  double middle = (p + z * z / (2 * runs)) / shrink;
  double half = z / shrink * sqrt(p * (1 - p) / runs + z * z / (4 * runs * runs));
  *low = k == 0 ? 0 : middle - half;
  *high = k == n ? 1 : middle + half;
}

static int steadier_first(const void *a, const void *b) {
  const sbnn_selection *x = a, *y = b;
  if (x->runs != y->runs) return x->runs < y->runs ? 1 : -1;
  if (x->rank != y->rank) return x->rank < y->rank ? -1 : 1;
  return (x->gene > y->gene) - (x->gene < y->gene);
}

static void count_genes(sbnn_stability_results *s) {
  sbnn_selection *all = sbnn_alloc(s->data->n_genes, sizeof *all);
  for (size_t r = 0; r < s->n; r++)
    for (size_t k = 0; k < s->runs[r].n_genes; k++) {
      sbnn_selection *g = &all[s->runs[r].genes[k]];
      g->runs++;
      g->rank += (double)k + 1;
    }
  for (size_t j = 0; j < s->data->n_genes; j++) {
    if (!all[j].runs) continue;
    sbnn_selection *g = &all[s->n_genes++];
    *g = all[j];
    g->gene = j;
    g->rank /= (double)g->runs;
    g->frequency = (double)g->runs / (double)s->n;
    sbnn_wilson(g->runs, s->n, &g->low, &g->high);
  }
  qsort(all, s->n_genes, sizeof *all, steadier_first);
  s->genes = all;
}

static void count_overlaps(sbnn_stability_results *s) {
  size_t n = s->n, pairs = 0, apart = 0;
  double *all = sbnn_alloc(n * n, sizeof *all), *disjoint = sbnn_alloc(n, sizeof *disjoint);
  s->overlap = sbnn_alloc(n * n, sizeof *s->overlap);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= i; j++) {
      size_t both = sbnn_experiment_shared(&s->runs[i], &s->runs[j]);
      s->overlap[i * n + j] = s->overlap[j * n + i] = both;
      if (j < i) all[pairs++] = (double)both;
      if (s->halves && i % 2 == 1 && j + 1 == i) disjoint[apart++] = (double)both;
    }
  s->all = sbnn_mean_sd_of(all, pairs);
  s->disjoint = sbnn_mean_sd_of(disjoint, apart);
  free(all);
  free(disjoint);
}

static double index_of(const sbnn_stability_results *s) {
  double p = (double)s->candidates, n = (double)s->n, variance = 0, kept = 0;
  for (size_t j = 0; j < s->n_genes; j++) {
    double f = s->genes[j].frequency;
    variance += n / (n - 1) * f * (1 - f) / p;
    kept += f / p;
  }
  return kept < 1 ? 1 - variance / (kept * (1 - kept)) : NAN;
}

/* Places as maps show them, in the order of the data set. */
static void lay_maps(sbnn_stability_results *s) {
  size_t d = (size_t)s->runs[0].bottleneck, cells = s->data->n_cells, each = cells * d;
  s->maps = sbnn_alloc(s->n * each, sizeof *s->maps);
  s->left = sbnn_alloc(s->n, sizeof *s->left);
  for (size_t r = 0; r < s->n; r++) {
    const sbnn_experiment *x = &s->runs[r];
    double *z = sbnn_map_positions(x);
    for (size_t i = 0; i < cells; i++)
      memcpy(s->maps + r * each + x->train_cells[i] * d, z + i * d, d * sizeof *z);
    free(z);
    if (r > 0) s->left[r] = sbnn_procrustes(cells, d, s->maps + r * each, s->maps);
  }
}

void sbnn_stability_make(sbnn_stability_results *s) {
  count_genes(s);
  count_overlaps(s);
  s->index = index_of(s);
  if (!s->halves) lay_maps(s);
}

void sbnn_stability_free(sbnn_stability_results *s) {
  free(s->genes);
  free(s->overlap);
  free(s->maps);
  free(s->left);
  *s = (sbnn_stability_results){0};
}
