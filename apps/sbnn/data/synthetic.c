/* synthetic.c - two-view data of known truth (synthetic.h). Every number is a function of (seed, what it is
 * for, its indices): adding genes or cells changes none of the others. */
#include "data/synthetic.h"

#include "data/dataset_labels.h"
#include "data/folds.h"
#include "data/ids.h"
#include "data/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Okabe & Ito (2008), the order as here; black last. */
static const char *const palette[] = {"#E69F00", "#56B4E9", "#009E73", "#0072B2",
                                      "#D55E00", "#CC79A7", "#F0E442", "#000000"};
enum { MAX_FAMILIES = sizeof palette / sizeof *palette };
static const double turn = 6.283185307179586;

typedef enum use { USE_LATENT, USE_DEPTH, USE_GENE, USE_SHAPE, USE_RESPONSE, USE_CURVE } use;

static sbnn_stream stream(uint64_t seed, use u, size_t which) {
  return (sbnn_stream){seed, SBNN_STREAM_SYNTHETIC, (uint32_t)u << 24 | (uint32_t)which};
}

/* ---- cells ---- */

/* Family centres on a ring of radius 2; within a family a gradient that leans away from the ring, so that the
 * families differ in more than angle. */
static void place_cell(uint64_t seed, size_t cell, size_t family, size_t n_families, double z[2]) {
  const sbnn_stream s = stream(seed, USE_LATENT, 0);
  double angle = turn * (double)family / (double)n_families, lean = angle + turn / 8;
  double along = 1.6 * (sbnn_random_uniform(s, 4 * cell) - 0.5);
  z[0] = 2 * cos(angle) + along * cos(lean) + 0.12 * sbnn_random_normal(s, 4 * cell + 1);
  z[1] = 2 * sin(angle) + along * sin(lean) + 0.12 * sbnn_random_normal(s, 4 * cell + 2);
}

/* ---- genes ---- */

/* Poisson by inversion of one uniform; above a mean of 100 the normal distribution is as good. */
static double poisson(double mean, sbnn_stream s, uint64_t i) {
  if (mean > 100) {
    double v = floor(mean + sqrt(mean) * sbnn_random_normal(s, i) + 0.5);
    return v > 0 ? v : 0;
  }
  double u = sbnn_random_uniform(s, i), p = exp(-mean), sum = p, n = 0;
  while (u >= sum && n < 400) {
    n++;
    p *= mean / n;
    sum += p;
  }
  return n;
}

/* How a gene follows the latent position: a soft step along a direction. */
typedef struct gene_shape {
  double direction[2], offset, base; /* base: mean count where the gene is off, at depth 1 */
} gene_shape;

static gene_shape shape_of(uint64_t seed, size_t gene) {
  const sbnn_stream s = stream(seed, USE_SHAPE, gene);
  double angle = turn * sbnn_random_uniform(s, 0);
  return (gene_shape){.direction = {cos(angle), sin(angle)},
                      .offset = 2.4 * (sbnn_random_uniform(s, 1) - 0.5),
                      .base = 2 + 4 * sbnn_random_uniform(s, 2)};
}

static double gene_rate(const gene_shape *g, const double z[2]) {
  double along = g->direction[0] * z[0] + g->direction[1] * z[1] - g->offset;
  return g->base * exp(2.6 / (1 + exp(-2 * along)));
}

/* The cells: where they lie and how deeply they were sequenced. */
typedef struct cells_made {
  uint64_t seed;
  size_t n;
  const double *latent, *depth; /* [n x 2], [n] */
} cells_made;

/* A planted gene looks at the cell's own position; any other one at that of a random cell, which leaves its
 * distribution alike and makes it independent of everything. */
static void make_gene(const cells_made *c, size_t gene, bool planted, double *counts) {
  const sbnn_stream s = stream(c->seed, USE_GENE, gene);
  const gene_shape shape = shape_of(c->seed, gene);
  for (size_t i = 0; i < c->n; i++) {
    size_t seen = planted ? i : (size_t)sbnn_random_below(s, 4 * i, c->n);
    double noise = exp(0.35 * sbnn_random_normal(s, 4 * i + 1));
    double mean = c->depth[i] * noise * gene_rate(&shape, c->latent + 2 * seen);
    counts[i] = (double)poisson(mean, s, 4 * i + 2);
  }
}

static void make_genes(uint64_t seed, const sbnn_synthetic_truth *truth, sbnn_dataset *d) {
  const sbnn_stream s = stream(seed, USE_DEPTH, 0);
  double *depth = sbnn_alloc(d->n_cells, sizeof *depth), *row = sbnn_alloc(d->n_cells, sizeof *row);
  size_t *all = sbnn_alloc(d->n_cells, sizeof *all);
  sbnn_counts by_gene = {.n_cols = d->n_cells};
  const cells_made cells = {seed, d->n_cells, truth->latent, depth};
  for (size_t i = 0; i < d->n_cells; i++) all[i] = i;
  for (size_t i = 0; i < d->n_cells; i++) depth[i] = exp(0.3 * sbnn_random_normal(s, i));
  for (size_t g = 0, next = 0; g < d->n_genes; g++) {
    bool planted = next < truth->n_planted && truth->planted[next] == g;
    char name[48];
    snprintf(name, sizeof name, planted ? "Marker%02zu" : "Gene%03zu", planted ? next + 1 : g + 1);
    d->gene_names[g] = sbnn_strdup(name);
    make_gene(&cells, g, planted, row);
    sbnn_counts_add_row(&by_gene, row);
    next += planted;
  }
  d->counts = sbnn_counts_columns(&by_gene, all, d->n_cells);
  sbnn_counts_free(&by_gene);
  free(depth);
  free(row);
  free(all);
}

static int by_position(const void *a, const void *b) {
  size_t x = *(const size_t *)a, y = *(const size_t *)b;
  return x < y ? -1 : x > y;
}

static void plant(uint64_t seed, size_t n_genes, sbnn_synthetic_truth *truth) {
  size_t *order = sbnn_alloc(n_genes, sizeof *order);
  sbnn_permutation(seed, n_genes, order);
  memcpy(truth->planted, order, truth->n_planted * sizeof *order);
  qsort(truth->planted, truth->n_planted, sizeof *order, by_position);
  free(order);
}

/* ---- responses ---- */

/* Four kinds of smooth functions in turn. */
static double response_curve(sbnn_stream s, size_t kind, const double z[2]) {
  double angle = turn * sbnn_random_uniform(s, 0), shift = sbnn_random_uniform(s, 1) - 0.5;
  double along = cos(angle) * z[0] + sin(angle) * z[1], across = cos(angle) * z[1] - sin(angle) * z[0];
  switch (kind % 4) {
  case 0: return tanh(1.2 * along + shift);
  case 1: return sin(0.9 * along + 2 * shift);
  case 2: return exp(-((along - 1) * (along - 1) + across * across) / 4);
  default: return along + 0.3 * across * across;
  }
}

static double deviation(const double *v, size_t n) {
  double mean = 0, sum = 0;
  for (size_t i = 0; i < n; i++) mean += v[i] / (double)n;
  for (size_t i = 0; i < n; i++) sum += (v[i] - mean) * (v[i] - mean);
  return sqrt(sum / (double)n);
}

/* Signal plus noise of 0.4 of its standard deviation, in units of the response's own. */
static void make_response(uint64_t seed, size_t r, const double *latent, sbnn_dataset *d) {
  const sbnn_stream curve = stream(seed, USE_CURVE, r), noise = stream(seed, USE_RESPONSE, r);
  double *signal = sbnn_alloc(d->n_cells, sizeof *signal);
  for (size_t i = 0; i < d->n_cells; i++) signal[i] = response_curve(curve, r, latent + 2 * i);
  double sd = deviation(signal, d->n_cells);
  double scale = 1 + 9 * sbnn_random_uniform(curve, 2), level = 40 * (sbnn_random_uniform(curve, 3) - 0.5);
  for (size_t i = 0; i < d->n_cells; i++)
    d->responses[i * d->n_responses + r] =
        level + scale * (signal[i] + 0.4 * sd * sbnn_random_normal(noise, i));
  free(signal);
  char name[48];
  snprintf(name, sizeof name, "Response%02zu", r + 1);
  d->response_names[r] = sbnn_strdup(name);
}

/* ---- the whole ---- */

static sbnn_synthetic_options with_defaults(const sbnn_synthetic_options *o) {
  sbnn_synthetic_options r = o ? *o : (sbnn_synthetic_options){0};
  if (!r.n_cells) r.n_cells = 600;
  if (!r.n_genes) r.n_genes = 300;
  if (!r.n_planted) r.n_planted = 25;
  if (!r.n_responses) r.n_responses = 12;
  if (!r.n_families) r.n_families = 6;
  return r;
}

static void make_cells(uint64_t seed, size_t n_families, sbnn_synthetic_truth *truth, sbnn_dataset *d) {
  char names[MAX_FAMILIES][16];
  const char **family_of_cell = sbnn_alloc(d->n_cells, sizeof *family_of_cell);
  d->cell_colors = sbnn_alloc(d->n_cells, sizeof *d->cell_colors);
  for (size_t f = 0; f < n_families; f++)
    snprintf(names[f], sizeof names[f], "Family %c", (char)('A' + (int)f));
  for (size_t i = 0; i < d->n_cells; i++) {
    char name[48];
    size_t family = i % n_families;
    snprintf(name, sizeof name, "cell%04zu", i + 1);
    d->cell_names[i] = sbnn_strdup(name);
    family_of_cell[i] = names[family];
    memcpy(d->cell_colors[i], palette[family], sizeof *d->cell_colors);
    place_cell(seed, i, family, n_families, truth->latent + 2 * i);
  }
  d->label_column = sbnn_strdup("family");
  sbnn_dataset_index_labels(d, family_of_cell);
  free(family_of_cell);
}

static void allocate(const sbnn_synthetic_options *o, sbnn_dataset *d, sbnn_synthetic_truth *t) {
  *d = (sbnn_dataset){.n_cells = o->n_cells, .n_genes = o->n_genes, .n_responses = o->n_responses};
  d->cell_names = sbnn_alloc(d->n_cells, sizeof *d->cell_names);
  d->gene_names = sbnn_alloc(d->n_genes, sizeof *d->gene_names);
  d->response_names = sbnn_alloc(d->n_responses, sizeof *d->response_names);
  d->responses = sbnn_alloc(d->n_cells * d->n_responses, sizeof *d->responses);
  d->overlap = (sbnn_overlap){.x_cells = o->n_cells,
                              .y_cells = o->n_cells,
                              .shared = o->n_cells,
                              .labelled = o->n_cells,
                              .x_genes_in = SBNN_GENES_IN_ROWS,
                              .y_cells_in_rows = true};
  *t = (sbnn_synthetic_truth){.n_planted = o->n_planted, .n_cells = o->n_cells};
  t->planted = sbnn_alloc(t->n_planted, sizeof *t->planted);
  t->latent = sbnn_alloc(2 * t->n_cells, sizeof *t->latent);
}

int sbnn_synthetic(uint64_t seed, const sbnn_synthetic_options *options, sbnn_dataset *d,
                   sbnn_synthetic_truth *truth, sbnn_error *e) {
  const sbnn_synthetic_options o = with_defaults(options);
  *d = (sbnn_dataset){0};
  if (truth) *truth = (sbnn_synthetic_truth){0};
  if (o.n_planted > o.n_genes || o.n_genes >= 1u << 24 || o.n_families > MAX_FAMILIES ||
      o.n_cells < 2 * o.n_families)
    return sbnn_fail(
        e, SBNN_USAGE,
        "synthetic data of %zu cells, %zu genes (%zu planted) and %zu families is impossible; ask for at "
        "most %d families, two cells for each, and no more planted genes than genes",
        o.n_cells, o.n_genes, o.n_planted, o.n_families, MAX_FAMILIES);
  sbnn_synthetic_truth t;
  allocate(&o, d, &t);
  plant(seed, o.n_genes, &t);
  make_cells(seed, o.n_families, &t, d);
  make_genes(seed, &t, d);
  for (size_t r = 0; r < o.n_responses; r++) make_response(seed, r, t.latent, d);
  int code = sbnn_dataset_check(d, 0, SBNN_X_COUNTS, "synthetic counts", "synthetic responses", e);
  if (code != SBNN_OK) sbnn_dataset_free(d);
  if (code == SBNN_OK && truth) *truth = t;
  else sbnn_synthetic_truth_free(&t);
  return code;
}

void sbnn_synthetic_truth_free(sbnn_synthetic_truth *t) {
  free(t->planted);
  free(t->latent);
  *t = (sbnn_synthetic_truth){0};
}
