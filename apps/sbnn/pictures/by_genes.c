/* by_genes.c - srrr: R2 against the number of genes, one line per rank (figure S1). */
#include "figures/scores.h"
#include "pictures/picture.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_RANKS = 12, GENES = 25, NAME = 32 };

/* The rows of one rank, ascending by genes. */
static void path_of_rank(const sbnn_results *r, size_t rank, double *value, sbnn_path_scores *path) {
  int n = 0;
  double *genes = value, *r2 = genes + r->n_path, *sd = r2 + r->n_path;
  for (size_t i = 0; i < r->n_path; i++) {
    const sbnn_srrr_mean *row = &r->path[i];
    if (row->rank != rank) continue;
    int at = n++;
    for (; at > 0 && genes[at - 1] > row->genes; at--)
      genes[at] = genes[at - 1], r2[at] = r2[at - 1], sd[at] = sd[at - 1];
    genes[at] = row->genes, r2[at] = row->r2, sd[at] = row->sd;
  }
  *path = (sbnn_path_scores){.n = n, .genes = genes, .r2 = r2, .sd = sd};
}

int sbnn_picture_by_genes(const char *directory, const char *name, const sbnn_results *r, sbnn_error *e) {
  size_t rank[MAX_RANKS], k;
  char title[MAX_RANKS][NAME];
  sbnn_path_scores path[MAX_RANKS];
  int n = 0;
  double *value = sbnn_alloc(3 * r->n_path * MAX_RANKS, sizeof *value);
  for (size_t i = 0; i < r->n_path && n < MAX_RANKS; i++) {
    for (k = 0; k < (size_t)n && rank[k] != r->path[i].rank; k++) {}
    if (k < (size_t)n) continue;
    rank[n] = r->path[i].rank;
    path_of_rank(r, rank[n], value + 3 * r->n_path * (size_t)n, &path[n]);
    snprintf(title[n], NAME, "sRRR, rank %zu", rank[n]);
    path[n].name = title[n];
    n++;
  }
  int code = sbnn_figure_by_genes(directory, name, n, path, GENES, e);
  free(value);
  return code;
}
