/* affinity.c - see affinity.h. */
#include "embed/affinity.h"

#include "embed/nearest.h"
#include "sbnn.h"
#include "tensor/tensor.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_STEPS = 200 };
static const double ENTROPY_MET = 1e-10;

typedef struct search {
  const double *x;
  size_t n, d, k;
  double entropy;     /* wanted, nats */
  sbnn_nearest *near; /* [n x k]: squared distances become p(j|i) */
} search;

/* Entropy of p ~ exp(-beta d), which p becomes; distances are from the nearest, so that the sum is at least
 * 1. */
static double row_entropy(const sbnn_nearest *near, size_t k, double beta, double *p) {
  double sum = 0, moment = 0, least = near[0].distance;
  for (size_t j = 0; j < k; j++) {
    double d = near[j].distance - least;
    p[j] = exp(-beta * d);
    sum += p[j];
    moment += d * p[j];
  }
  for (size_t j = 0; j < k; j++) p[j] /= sum;
  return log(sum) + beta * moment / sum;
}

/* The entropy falls as beta, the inverse squared width, grows: bisection once it is bracketed. */
static void fit_row(void *ctx, int64_t i) {
  const search *s = ctx;
  sbnn_nearest *near = s->near + (size_t)i * s->k;
  double *p = sbnn_alloc(s->k, sizeof *p), beta = 1, lo = 0, hi = INFINITY;
  sbnn_nearest_find(s->x, s->n, s->d, (size_t)i, s->k, near);
  double spread = near[s->k - 1].distance - near[0].distance;
  if (spread > 0) beta = 1 / spread;
  for (int step = 0; step < MOST_STEPS; step++) {
    double off = row_entropy(near, s->k, beta, p) - s->entropy;
    if (fabs(off) <= ENTROPY_MET || spread <= 0) break;
    if (off > 0) lo = beta;
    else hi = beta;
    beta = isinf(hi) ? 2 * beta : 0.5 * (lo + hi);
    if (isinf(beta)) break;
  }
  row_entropy(near, s->k, isinf(beta) ? lo : beta, p);
  for (size_t j = 0; j < s->k; j++) near[j].distance = p[j];
  free(p);
}

static int by_cell(const void *a, const void *b) {
  size_t x = ((const sbnn_nearest *)a)->cell, y = ((const sbnn_nearest *)b)->cell;
  return (x > y) - (x < y);
}

/* Sorted rows make one pass enough: row i of the transpose comes out sorted too, and the two are merged. */
static void symmetrise(search *s, sbnn_affinities *a) {
  size_t n = s->n, k = s->k, *at = sbnn_alloc(n + 1, sizeof *at), used = 0;
  sbnn_nearest *turned = sbnn_alloc(n * k, sizeof *turned);
  for (size_t i = 0; i < n; i++) qsort(s->near + i * k, k, sizeof *s->near, by_cell);
  for (size_t e = 0; e < n * k; e++) at[s->near[e].cell + 1]++;
  for (size_t i = 0; i < n; i++) at[i + 1] += at[i];
  for (size_t e = 0; e < n * k; e++) {
    size_t to = at[s->near[e].cell]++; /* ends as the start of the next row */
    turned[to] = (sbnn_nearest){s->near[e].distance, e / k};
  }
  *a = (sbnn_affinities){.n = n, .first = sbnn_alloc(n + 1, sizeof *a->first)};
  a->column = sbnn_alloc(2 * n * k, sizeof *a->column);
  a->p = sbnn_alloc(2 * n * k, sizeof *a->p);
  for (size_t i = 0; i < n; i++) {
    const sbnn_nearest *u = s->near + i * k, *u_end = u + k;
    const sbnn_nearest *v = turned + (i ? at[i - 1] : 0), *v_end = turned + at[i];
    while (u < u_end || v < v_end) {
      size_t c = v == v_end || (u < u_end && u->cell < v->cell) ? u->cell : v->cell;
      double p = 0;
      if (u < u_end && u->cell == c) p += u++->distance;
      if (v < v_end && v->cell == c) p += v++->distance;
      a->column[used] = (int32_t)c;
      a->p[used++] = p / (2 * (double)n);
    }
    a->first[i + 1] = used;
  }
  a->column = sbnn_realloc(a->column, used, sizeof *a->column);
  a->p = sbnn_realloc(a->p, used, sizeof *a->p);
  free(at);
  free(turned);
}

void sbnn_affinities_make(const sbnn_points *x, double perplexity, size_t k, int threads,
                          sbnn_affinities *a) {
  const size_t n = x->n;
  search s = {.x = x->x, .n = n, .d = x->d, .k = k, .entropy = log(perplexity)};
  s.near = sbnn_alloc(n * k, sizeof *s.near);
  tn_parallel_for((int64_t)n, threads, fit_row, &s);
  symmetrise(&s, a);
  free(s.near);
}

void sbnn_affinities_free(sbnn_affinities *a) {
  free(a->first);
  free(a->column);
  free(a->p);
  *a = (sbnn_affinities){0};
}
