/* group_lasso.c - see group_lasso.h. */
#include "linear/group_lasso.h"

#include "sbnn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The problem on the active genes only, packed, so that a sweep runs over contiguous memory. */
typedef struct active_set {
  size_t n, *genes;
  bool *member; /* [p] */
  double *xx;   /* [n x n] */
  double *w;    /* [r x n] */
  double *g;    /* [r x n] the loss's negative gradient, (T - XW)'X / n */
} active_set;

static double column_norm(const double *a, size_t rows, size_t columns, size_t j) {
  double sum = 0;
  for (size_t c = 0; c < rows; c++) sum += a[c * columns + j] * a[c * columns + j];
  return sqrt(sum);
}

double sbnn_group_lasso_highest(const sbnn_group_lasso *q) {
  double highest = 0;
  for (size_t j = 0; j < q->p; j++) highest = fmax(highest, column_norm(q->tx, q->r, q->p, j));
  return highest;
}

static void subtract_scaled(double *to, const double *from, double factor, size_t n) {
  for (size_t k = 0; k < n; k++) to[k] -= factor * from[k];
}

/* ---- coordinate descent on the active genes ---- */

/* Moves gene i to its best coefficients given the others, exactly. Returns the largest change. */
static double update(active_set *a, size_t r, size_t i, double lambda, double *step) {
  double diagonal = a->xx[i * a->n + i], squares = 0, largest = 0;
  if (diagonal <= 0) return 0; /* a gene without variance stays at 0 */
  for (size_t c = 0; c < r; c++) {
    step[c] = a->g[c * a->n + i] + diagonal * a->w[c * a->n + i];
    squares += step[c] * step[c];
  }
  double norm = sqrt(squares), scale = norm > lambda ? (1 - lambda / norm) / diagonal : 0;
  for (size_t c = 0; c < r; c++) {
    double *w = &a->w[c * a->n + i], moved = scale * step[c] - *w;
    if (moved == 0) continue;
    *w = scale * step[c];
    subtract_scaled(a->g + c * a->n, a->xx + i * a->n, moved, a->n);
    largest = fmax(largest, fabs(moved));
  }
  return largest;
}

static double largest_of(const double *x, size_t n) {
  double largest = 0;
  for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs(x[i]));
  return largest;
}

/* Sweeps until nothing moves; takes what it needs from *sweeps. */
static bool descend(active_set *a, size_t r, double lambda, double tolerance, int *sweeps) {
  double *step = sbnn_alloc(r, sizeof *step), moved = INFINITY;
  bool done = a->n == 0;
  for (; !done && *sweeps > 0; --*sweeps) {
    moved = 0;
    for (size_t i = 0; i < a->n; i++) moved = fmax(moved, update(a, r, i, lambda, step));
    done = moved <= tolerance * largest_of(a->w, r * a->n);
  }
  free(step);
  return done;
}

/* ---- which genes are active ---- */

/* (T - XW)'X / n over all genes, from the coefficients of the active ones. */
static void full_gradient(const sbnn_group_lasso *q, const active_set *a, double *g) {
  memcpy(g, q->tx, q->r * q->p * sizeof *g);
  for (size_t k = 0; k < a->n; k++)
    for (size_t c = 0; c < q->r; c++) {
      double w = a->w[c * a->n + k];
      if (w != 0) subtract_scaled(g + c * q->p, q->xx + a->genes[k] * q->p, w, q->p);
    }
}

/* Packs the problem for the genes now listed, with coefficients `w` [r x p] and gradient `g` [r x p]. */
static void pack(const sbnn_group_lasso *q, active_set *a, const double *w, const double *g) {
  a->xx = sbnn_realloc(a->xx, a->n * a->n, sizeof *a->xx);
  a->w = sbnn_realloc(a->w, q->r * a->n, sizeof *a->w);
  a->g = sbnn_realloc(a->g, q->r * a->n, sizeof *a->g);
  for (size_t i = 0; i < a->n; i++) {
    for (size_t k = 0; k < a->n; k++) a->xx[i * a->n + k] = q->xx[a->genes[i] * q->p + a->genes[k]];
    for (size_t c = 0; c < q->r; c++) {
      a->w[c * a->n + i] = w[c * q->p + a->genes[i]];
      a->g[c * a->n + i] = g[c * q->p + a->genes[i]];
    }
  }
}

static void unpack(const sbnn_group_lasso *q, const active_set *a, double *w) {
  for (size_t i = 0; i < a->n; i++)
    for (size_t c = 0; c < q->r; c++) w[c * q->p + a->genes[i]] = a->w[c * a->n + i];
}

static void add(active_set *a, size_t gene) {
  a->member[gene] = true;
  a->genes[a->n++] = gene;
}

/* Adds the genes whose optimality condition |g_j| <= lambda is violated; false if there is none. */
static bool add_violators(const sbnn_group_lasso *q, active_set *a, const double *g, double lambda) {
  size_t before = a->n;
  for (size_t j = 0; j < q->p; j++)
    if (!a->member[j] && column_norm(g, q->r, q->p, j) > lambda) add(a, j);
  return a->n > before;
}

bool sbnn_group_lasso_solve(const sbnn_group_lasso *q, double lambda, double *w) {
  active_set a = {.genes = sbnn_alloc(q->p, sizeof *a.genes), .member = sbnn_alloc(q->p, sizeof *a.member)};
  double *g = sbnn_alloc(q->r * q->p, sizeof *g), tolerance = q->tolerance > 0 ? q->tolerance : 1e-10;
  int sweeps = q->most_sweeps > 0 ? q->most_sweeps : 100000;
  for (size_t j = 0; j < q->p; j++)
    if (column_norm(w, q->r, q->p, j) > 0) add(&a, j);
  pack(q, &a, w, q->tx);
  full_gradient(q, &a, g);
  add_violators(q, &a, g, lambda);
  bool done;
  do {
    pack(q, &a, w, g);
    done = descend(&a, q->r, lambda, tolerance, &sweeps);
    unpack(q, &a, w);
    full_gradient(q, &a, g);
  } while (done && add_violators(q, &a, g, lambda));
  free(a.genes);
  free(a.member);
  free(a.xx);
  free(a.w);
  free(a.g);
  free(g);
  return done;
}
