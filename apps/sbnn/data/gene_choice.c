/* gene_choice.c - the most variable genes (sbnn_variable_genes and sbnn_widest_genes in prepare.h).
 * A gene with a fraction f of cells off and mean log2 count m lies above exp(-1.5 (m - b)) + 0.02 exactly for
 * b < m + log(f - 0.02) / 1.5. So the curve that keeps n genes needs no bisection: sort by that bound. */
#include "data/prepare.h"

#include <math.h>
#include <stdlib.h>

enum { CELLS_NEEDED = 10 };
static const double decay = 1.5, floor_fraction = 0.02;

typedef struct gene_bound {
  double b; /* the gene is kept by the curves with a smaller offset; or its variance */
  size_t gene;
} gene_bound;

static int by_bound(const void *a, const void *b) {
  const gene_bound *x = a, *y = b;
  if (x->b != y->b) return x->b > y->b ? -1 : 1;
  return x->gene < y->gene ? -1 : x->gene > y->gene;
}

static int by_position(const void *a, const void *b) {
  size_t x = *(const size_t *)a, y = *(const size_t *)b;
  return x < y ? -1 : x > y;
}

/* Per gene: in how many cells it is on, and the sum of log2(count) over these. */
static void summarise(const sbnn_dataset *d, sbnn_rows rows, double threshold, size_t *on, double *log_sum) {
  const sbnn_counts *c = &d->counts;
  for (size_t i = 0; i < rows.n; i++)
    for (size_t k = c->start[rows.row[i]]; k < c->start[rows.row[i] + 1]; k++)
      if ((double)c->value[k] > threshold)
        on[c->column[k]]++, log_sum[c->column[k]] += log2((double)c->value[k]);
}

static size_t bound_genes(size_t n_genes, size_t n_cells, const size_t *on, const double *log_sum,
                          gene_bound *list) {
  size_t n = 0;
  for (size_t g = 0; g < n_genes; g++) {
    double off = 1.0 - (double)on[g] / (double)n_cells;
    if (on[g] < CELLS_NEEDED || off <= floor_fraction) continue;
    list[n++] = (gene_bound){log_sum[g] / (double)on[g] + log(off - floor_fraction) / decay, g};
  }
  return n;
}

int sbnn_variable_genes(const sbnn_dataset *d, sbnn_rows rows, double threshold, size_t n, size_t *chosen,
                        sbnn_error *e) {
  size_t *on = sbnn_alloc(d->n_genes, sizeof *on);
  double *log_sum = sbnn_alloc(d->n_genes, sizeof *log_sum);
  gene_bound *list = sbnn_alloc(d->n_genes, sizeof *list);
  summarise(d, rows, threshold, on, log_sum);
  size_t candidates = bound_genes(d->n_genes, rows.n, on, log_sum, list);
  int code = SBNN_OK;
  if (candidates < n) {
    code = sbnn_fail(e, SBNN_BAD_INPUT,
                     "only %zu of the %zu genes are above the threshold %g in at least %d of the %zu cells "
                     "and not in nearly all of them, so %zu variable genes cannot be chosen; give a smaller "
                     "--variable-genes or another --gene-threshold",
                     candidates, d->n_genes, threshold, CELLS_NEEDED, rows.n, n);
  } else {
    qsort(list, candidates, sizeof *list, by_bound);
    for (size_t i = 0; i < n; i++) chosen[i] = list[i].gene;
    qsort(chosen, n, sizeof *chosen, by_position);
  }
  free(on);
  free(log_sum);
  free(list);
  return code;
}

/* Sums of squares about the mean, in two passes over the values that are not 0. */
static void sum_squares(const sbnn_dataset *d, sbnn_rows rows, gene_bound *list) {
  const sbnn_counts *c = &d->counts;
  double *mean = sbnn_alloc(d->n_genes, sizeof *mean);
  size_t *on = sbnn_alloc(d->n_genes, sizeof *on);
  for (size_t i = 0; i < rows.n; i++)
    for (size_t k = c->start[rows.row[i]]; k < c->start[rows.row[i] + 1]; k++)
      mean[c->column[k]] += (double)c->value[k] / (double)rows.n, on[c->column[k]]++;
  for (size_t g = 0; g < d->n_genes; g++)
    list[g] = (gene_bound){(double)(rows.n - on[g]) * mean[g] * mean[g], g};
  for (size_t i = 0; i < rows.n; i++)
    for (size_t k = c->start[rows.row[i]]; k < c->start[rows.row[i] + 1]; k++) {
      double off = (double)c->value[k] - mean[c->column[k]];
      list[c->column[k]].b += off * off;
    }
  free(mean);
  free(on);
}

void sbnn_widest_genes(const sbnn_dataset *d, sbnn_rows rows, size_t n, size_t *chosen) {
  gene_bound *list = sbnn_alloc(d->n_genes, sizeof *list);
  sum_squares(d, rows, list);
  qsort(list, d->n_genes, sizeof *list, by_bound);
  for (size_t i = 0; i < n; i++) chosen[i] = list[i].gene;
  qsort(chosen, n, sizeof *chosen, by_position);
  free(list);
}
