/* srrr.c - see srrr.h. Matrices lie target by target as in group_lasso.h: W [r x p], V [r x q]. */
#include "linear/srrr.h"

#include "linear/group_lasso.h"
#include "linear/svd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROUNDS = 100, MOST_BISECTIONS = 40 };
static const double LEAST_CHANGE = 1e-6; /* of the loss relative to |Y|^2, as published */

struct sbnn_srrr {
  const sbnn_moments *m;
  size_t r;
  double *start; /* [r x q] V at the start of each fit */
  double *v;     /* [r x q] */
  double *w;     /* [r x p] the last solution */
  double *tx;    /* [r x p] (YV)'X / n */
};

/* to [r x p] = a [r x q] b [q x p] */
static void multiply(const double *a, const double *b, size_t r, size_t q, size_t p, double *to) {
  memset(to, 0, r * p * sizeof *to);
  for (size_t i = 0; i < r; i++)
    for (size_t c = 0; c < q; c++)
      for (size_t j = 0; j < p; j++) to[i * p + j] += a[i * q + c] * b[c * p + j];
}

sbnn_srrr *sbnn_srrr_new(const sbnn_moments *m, size_t rank) {
  sbnn_srrr *s = sbnn_alloc(1, sizeof *s);
  *s = (sbnn_srrr){.m = m, .r = rank};
  s->start = sbnn_alloc(rank * m->q, sizeof(double));
  s->v = sbnn_alloc(rank * m->q, sizeof(double));
  s->w = sbnn_alloc(rank * m->p, sizeof(double));
  s->tx = sbnn_alloc(rank * m->p, sizeof(double));
  double *columns = sbnn_alloc(m->q * m->p, sizeof *columns), *v = sbnn_alloc(m->q * m->q, sizeof *v),
         *values = sbnn_alloc(m->q, sizeof *values);
  memcpy(columns, m->yx, m->q * m->p * sizeof *columns);
  sbnn_svd(m->p, m->q, columns, values, v);
  memcpy(s->start, v, rank * m->q * sizeof *v);
  free(columns);
  free(v);
  free(values);
  return s;
}

void sbnn_srrr_free(sbnn_srrr *s) {
  if (!s) return;
  free(s->start);
  free(s->v);
  free(s->w);
  free(s->tx);
  free(s);
}

void sbnn_srrr_fit_free(sbnn_srrr_fit *fit) {
  free(fit->genes);
  free(fit->norms);
  free(fit->b);
  free(fit->relaxed);
  *fit = (sbnn_srrr_fit){0};
}

static double w_norm(const sbnn_srrr *s, size_t gene) {
  double sum = 0;
  for (size_t c = 0; c < s->r; c++) sum += s->w[c * s->m->p + gene] * s->w[c * s->m->p + gene];
  return sqrt(sum);
}

static size_t chosen(const sbnn_srrr *s, size_t *genes) {
  size_t n = 0;
  for (size_t j = 0; j < s->m->p; j++)
    if (w_norm(s, j) > 0) genes[n++] = j;
  return n;
}

/* ---- the alternation ---- */

/* tr(W'X'XW) / n */
static double fitted_squares(const sbnn_srrr *s, const size_t *genes, size_t n) {
  double sum = 0;
  size_t p = s->m->p;
  for (size_t c = 0; c < s->r; c++)
    for (size_t i = 0; i < n; i++) {
      double inner = 0;
      for (size_t k = 0; k < n; k++) inner += s->m->xx[genes[i] * p + genes[k]] * s->w[c * p + genes[k]];
      sum += inner * s->w[c * p + genes[i]];
    }
  return sum;
}

/* Procrustes: V = U Z' of the singular value decomposition Y'XW = U S Z', which maximises tr(V'Y'XW). Returns
 * that maximum over n. */
static double rotate(sbnn_srrr *s, const size_t *genes, size_t n) {
  size_t q = s->m->q, p = s->m->p, r = s->r;
  double *u = sbnn_alloc(r * q, sizeof *u), *z = sbnn_alloc(r * r, sizeof *z),
         *values = sbnn_alloc(r, sizeof *values), sum = 0;
  for (size_t i = 0; i < r; i++)
    for (size_t c = 0; c < q; c++)
      for (size_t k = 0; k < n; k++) u[i * q + c] += s->w[i * p + genes[k]] * s->m->yx[c * p + genes[k]];
  sbnn_svd(q, r, u, values, z);
  sbnn_complete_rows(r, q, u);
  memset(s->v, 0, r * q * sizeof *s->v);
  for (size_t k = 0; k < r; k++) {
    sum += values[k];
    for (size_t i = 0; i < r; i++)
      for (size_t c = 0; c < q; c++) s->v[i * q + c] += z[k * r + i] * u[k * q + c];
  }
  free(u);
  free(z);
  free(values);
  return sum;
}

static int alternate(sbnn_srrr *s, double lambda, size_t *genes, sbnn_srrr_fit *fit, sbnn_error *e) {
  const sbnn_moments *m = s->m;
  sbnn_group_lasso problem = {.p = m->p, .r = s->r, .xx = m->xx, .tx = s->tx};
  double loss = INFINITY, before;
  memcpy(s->v, s->start, s->r * m->q * sizeof *s->v);
  do {
    multiply(s->v, m->yx, s->r, m->q, m->p, s->tx);
    if (!sbnn_group_lasso_solve(&problem, lambda, s->w))
      return sbnn_fail(e, SBNN_NUMERICAL,
                       "the group lasso does not converge at lambda %g, rank %zu; use larger --lambdas",
                       lambda, s->r);
    fit->rounds++;
    fit->n_genes = chosen(s, genes);
    if (fit->n_genes == 0) break; /* and V stays as it is */
    before = loss;
    loss = (m->yy - 2 * rotate(s, genes, fit->n_genes) + fitted_squares(s, genes, fit->n_genes)) / m->yy;
  } while (fit->rounds < MOST_ROUNDS && !(fabs(before - loss) < LEAST_CHANGE));
  return SBNN_OK;
}

/* ---- the relaxed fit ---- */

/* Solves a x = b for symmetric positive definite a [n x n] (which becomes its Cholesky factor) and the rows
 * of b [q x n]. */
static void solve_positive(double *a, size_t n, double *b, size_t q) {
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j <= i; j++) {
      double sum = a[i * n + j];
      for (size_t k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = i == j ? sqrt(sum) : sum / a[j * n + j];
    }
  for (size_t c = 0; c < q; c++) {
    double *x = b + c * n;
    for (size_t i = 0; i < n; i++) {
      for (size_t k = 0; k < i; k++) x[i] -= a[i * n + k] * x[k];
      x[i] /= a[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
      x[i] /= a[i * n + i];
      for (size_t k = 0; k < i; k++) x[k] -= a[i * n + k] * x[i];
    }
  }
}

/* The ridge coefficients b [q x n] become b projected on the r leading right singular vectors of X b', the
 * eigenvectors of b (X'X/n) b'. xx: [n x n]. */
static void reduce_rank(const double *xx, size_t n, size_t q, size_t r, double *b) {
  double *xb = sbnn_alloc(q * n, sizeof *xb), *square = sbnn_alloc(q * q, sizeof *square),
         *vectors = sbnn_alloc(q * q, sizeof *vectors), *values = sbnn_alloc(q, sizeof *values),
         *score = sbnn_alloc(r * n, sizeof *score);
  multiply(b, xx, q, n, n, xb);
  for (size_t i = 0; i < q; i++)
    for (size_t c = 0; c < q; c++)
      for (size_t k = 0; k < n; k++) square[i * q + c] += xb[i * n + k] * b[c * n + k];
  sbnn_svd(q, q, square, values, vectors);
  multiply(vectors, b, r, q, n, score);
  memset(b, 0, q * n * sizeof *b);
  for (size_t i = 0; i < r; i++)
    for (size_t c = 0; c < q; c++)
      for (size_t k = 0; k < n; k++) b[c * n + k] += vectors[i * q + c] * score[i * n + k];
  free(xb);
  free(square);
  free(vectors);
  free(values);
  free(score);
}

static void relax(const sbnn_srrr *s, sbnn_srrr_fit *fit) {
  const sbnn_moments *m = s->m;
  size_t n = fit->n_genes, q = m->q;
  double *xx = sbnn_alloc(n * n, sizeof *xx), *ridge = sbnn_alloc(n * n, sizeof *ridge);
  fit->relaxed = sbnn_alloc(q * n, sizeof *fit->relaxed);
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < n; k++)
      xx[i * n + k] = ridge[i * n + k] = m->xx[fit->genes[i] * m->p + fit->genes[k]];
    ridge[i * n + i] += fit->lambda;
    for (size_t c = 0; c < q; c++) fit->relaxed[c * n + i] = m->yx[c * m->p + fit->genes[i]];
  }
  solve_positive(ridge, n, fit->relaxed, q);
  reduce_rank(xx, n, q, s->r, fit->relaxed);
  free(xx);
  free(ridge);
}

/* ---- one fit ---- */

static void keep(const sbnn_srrr *s, const size_t *genes, sbnn_srrr_fit *fit) {
  size_t n = fit->n_genes, q = s->m->q;
  fit->genes = sbnn_alloc(n, sizeof *fit->genes);
  fit->norms = sbnn_alloc(n, sizeof *fit->norms);
  fit->b = sbnn_alloc(q * n, sizeof *fit->b);
  for (size_t k = 0; k < n; k++) {
    fit->genes[k] = genes[k];
    fit->norms[k] = w_norm(s, genes[k]);
    for (size_t c = 0; c < q; c++)
      for (size_t i = 0; i < s->r; i++) fit->b[c * n + k] += s->v[i * q + c] * s->w[i * s->m->p + genes[k]];
  }
}

int sbnn_srrr_solve(sbnn_srrr *s, double lambda, sbnn_srrr_fit *fit, sbnn_error *e) {
  size_t *genes = sbnn_alloc(s->m->p, sizeof *genes);
  *fit = (sbnn_srrr_fit){.lambda = lambda};
  int code = alternate(s, lambda, genes, fit, e);
  if (code == SBNN_OK) {
    keep(s, genes, fit);
    relax(s, fit);
  }
  free(genes);
  return code;
}

/* ---- a penalty for a number of genes ---- */

/* Is a the better answer to "so many genes"? Not fewer; then the fewest. */
static bool better(const sbnn_srrr_fit *a, const sbnn_srrr_fit *b, size_t genes) {
  bool enough = a->n_genes >= genes, was_enough = b->n_genes >= genes;
  if (enough != was_enough) return enough;
  return enough ? a->n_genes < b->n_genes : a->n_genes > b->n_genes;
}

int sbnn_srrr_solve_genes(sbnn_srrr *s, size_t genes, sbnn_srrr_fit *fit, sbnn_error *e) {
  sbnn_group_lasso problem = {.p = s->m->p, .r = s->r, .xx = s->m->xx, .tx = s->tx};
  multiply(s->start, s->m->yx, s->r, s->m->q, s->m->p, s->tx);
  double high = sbnn_group_lasso_highest(&problem), low = 0, lambda = high / 2, least = 1e-4 * high;
  *fit = (sbnn_srrr_fit){0};
  for (int i = 0; i < MOST_BISECTIONS && fit->n_genes != genes && lambda > least; i++) {
    sbnn_srrr_fit next;
    int code = sbnn_srrr_solve(s, lambda, &next, e);
    if (code != SBNN_OK) {
      sbnn_srrr_fit_free(fit);
      return code;
    }
    if (next.n_genes >= genes) low = lambda;
    else high = lambda;
    if (!fit->genes || better(&next, fit, genes)) {
      sbnn_srrr_fit_free(fit);
      *fit = next;
    } else sbnn_srrr_fit_free(&next);
    lambda = low > 0 ? sqrt(low * high) : high / 2;
  }
  return SBNN_OK;
}
