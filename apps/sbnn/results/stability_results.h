/* stability_results.h - what many runs of one model have in common, and the files of `sbnn stability`;
 * formats in docs/output.md. */
#ifndef SBNN_RESULTS_STABILITY_RESULTS_H
#define SBNN_RESULTS_STABILITY_RESULTS_H

#include "results/results.h"

#include <stdio.h>

/* One gene over all runs. */
typedef struct sbnn_selection {
  size_t gene, runs;           /* data set column; how many runs chose it */
  double frequency, low, high; /* Wilson's 95 % interval, as if runs were independent */
  double rank;                 /* mean over the runs that chose it */
} sbnn_selection;

/* Owns all but data and runs; sbnn_stability_free. */
typedef struct sbnn_stability_results {
  const sbnn_dataset *data;
  bool halves; /* runs 2k and 2k + 1 are on disjoint halves of the cells; else all are on all cells */
  size_t n, candidates;        /* runs; genes that each chose from */
  const sbnn_experiment *runs; /* [n] */
  const int *seeds;            /* [n] */
  size_t n_genes;              /* chosen by any */
  sbnn_selection *genes;       /* most frequent first, then by mean rank */
  size_t *overlap;             /* [n x n] genes that two runs share */
  sbnn_mean_sd all, disjoint;  /* overlap of the pairs: all; of disjoint halves, NaN otherwise */
  double index;                /* of stability, corrected for chance: see below */
  double *maps;                /* [n x cells x bottleneck], laid onto the first; NULL for halves */
  double *left;                /* [n] what sbnn_procrustes returned; NULL for halves */
} sbnn_stability_results;

/* From data, halves, n, candidates, runs and seeds. The index is Nogueira, Sechidis and Brown's (2018): 1 -
 * the mean variance of a gene's selection over that of a random choice of as many genes; 1 where all runs
 * choose the same genes, 0 where they choose at random. */
void sbnn_stability_make(sbnn_stability_results *s);
void sbnn_stability_free(sbnn_stability_results *s);

/* Wilson's interval for k of n, 95 %. */
void sbnn_wilson(size_t k, size_t n, double *low, double *high);

/* stability.tsv, stability_runs.tsv, stability_genes.tsv, stability_overlaps.tsv, stability_summary.tsv and,
 * with maps, stability_maps.tsv and labels.tsv in `directory`; pictures stability_genes and stability_maps in
 * `figures`. SBNN_FAILED with one sentence (I/O). Any thread. */
int sbnn_write_stability(const char *directory, const sbnn_stability_results *s, sbnn_error *e);
int sbnn_draw_stability(const char *figures, const sbnn_stability_results *s, sbnn_error *e);

/* A command's last words. */
void sbnn_print_stability(FILE *to, const sbnn_stability_results *s);

#endif
