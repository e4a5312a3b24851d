/* dataset_kinds.c - what kind of numbers the tables hold: reads or molecules, proteins or physiology, and
 * what fits them (dataset_join.h). Nothing is changed on a guess: it is said. */
#include "data/dataset_join.h"
#include "data/tails.h"
#include "data/text.h"
#include "data/y_transform.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- reads or molecules ---- */

/* Where between the two kinds: M1's Smart-seq reads have a median of 304 (of the counts above 0), two 10x
 * sets of molecules one of 1, the demonstration 14. In between nothing is said. */
static const double reads_median = 50, molecules_median = 2;
static const double reads_threshold = 30, molecules_threshold = 0;

static int ascending(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

/* Of the counts above 0, or of one in a hundred thousand evenly spread. 0 where there is none. */
static double median_count(const sbnn_counts *c, size_t n_cells) {
  enum { ENOUGH = 100000 };
  size_t all = c->start[n_cells], step = all / ENOUGH + 1, n = 0;
  float *v = sbnn_alloc(all / step + 1, sizeof *v);
  for (size_t k = 0; k < all; k += step) v[n++] = c->value[k];
  qsort(v, n, sizeof *v, ascending);
  double median = n ? (double)v[n / 2] : 0;
  free(v);
  return median;
}

static void hint_threshold(sbnn_dataset *d, const sbnn_dataset_options *o) {
  const bool used = o->variable_genes > 0 && o->variable_genes < d->n_genes;
  double median = median_count(&d->counts, d->n_cells);
  if (!used || o->threshold_chosen || median == 0) return;
  if (median >= reads_median && o->gene_threshold < reads_threshold / 2)
    sbnn_dataset_hint(
        d,
        sbnn_format("The counts look like reads (half of those above 0 are %g or more), but --gene-threshold "
                    "%g is for molecules (UMIs). Use --preset patchseq or --gene-threshold %g",
                    median, o->gene_threshold, reads_threshold));
  if (median <= molecules_median && o->gene_threshold > reads_threshold / 2)
    sbnn_dataset_hint(
        d, sbnn_format("The counts look like molecules (UMIs: half of those above 0 are %g or less), but "
                       "--gene-threshold %g is for reads. Use --preset citeseq or --gene-threshold %g",
                       median, o->gene_threshold, molecules_threshold));
}

/* ---- counts of proteins ---- */

/* Whole numbers from 0, too many of them to be classes or scores. */
static bool is_count(const sbnn_dataset *d, size_t r, double *most) {
  enum { LARGE = 100 };
  double largest = 0;
  for (size_t i = 0; i < d->n_cells; i++) {
    double y = d->responses[i * d->n_responses + r];
    if (isnan(y)) continue;
    if (y < 0 || y != floor(y)) return false;
    largest = fmax(largest, y);
  }
  *most = fmax(*most, largest);
  return largest >= LARGE;
}

/* The hint is given for the whole table, not for one response among others that happens to be a number of
 * spikes. */
static bool hint_protein_counts(sbnn_dataset *d, const sbnn_y_transform *transform) {
  enum { FEWEST = 3 };
  size_t raw = 0, counts = 0;
  double most = 0;
  for (size_t r = 0; r < d->n_responses; r++) {
    if (transform[r] != SBNN_Y_NONE) continue;
    raw++;
    counts += is_count(d, r, &most);
  }
  if (counts < FEWEST || 10 * counts < 8 * raw) return false;
  sbnn_dataset_hint(
      d,
      sbnn_format(
          "The responses look like raw counts of proteins (whole numbers up to %g) and are not transformed, "
          "so the few cells with the largest counts dominate. Use --preset citeseq or --y-transform log1p to "
          "take logarithms; --y-transform none keeps the counts and ends this advice",
          most));
  return true;
}

/* ---- responses of a few cells ---- */

static void hint_tails(sbnn_dataset *d, const char *rule) {
  enum { NAMED = 4 };
  size_t *heavy = sbnn_alloc(d->n_responses, sizeof *heavy), n = 0;
  char *names = NULL, *advice = NULL;
  for (size_t r = 0; r < d->n_responses; r++) {
    double part = sbnn_response_tail(d, rule, r).part;
    if (!(part > SBNN_TAIL_HEAVY)) continue;
    heavy[n++] = r;
    if (n <= NAMED)
      names = sbnn_joined(names, ", ",
                          sbnn_format("'%s' (%.0f %%)", sbnn_shown(d->response_names[r]), 100 * part));
  }
  if (n > NAMED) names = sbnn_joined(names, " and ", sbnn_format("%zu more", n - NAMED));
  if (n) advice = sbnn_tail_advice(d, rule, heavy, n);
  if (n)
    sbnn_dataset_hint(d, sbnn_format("%zu of %zu responses %s dominated by a few cells: 1 %% of the cells "
                                     "have most of the variance of %s. Use %s",
                                     n, d->n_responses, n == 1 ? "is" : "are", names, advice));
  free(advice);
  free(names);
  free(heavy);
}

static void hint_responses(sbnn_dataset *d, const sbnn_dataset_options *o) {
  sbnn_error e = {0};
  sbnn_y_transform *transform = sbnn_alloc(d->n_responses, sizeof *transform);
  if (!o->transform_chosen &&
      sbnn_y_rule_apply(o->y_transform, d->response_names, d->n_responses, transform, &e) == SBNN_OK &&
      !hint_protein_counts(d, transform))
    hint_tails(d, o->y_transform);
  free(transform);
}

void sbnn_dataset_hint_kinds(sbnn_dataset *d, const sbnn_dataset_options *o) {
  if (o->x_transform == SBNN_X_COUNTS) hint_threshold(d, o);
  hint_responses(d, o);
}
