/* principal.c - see principal.h. Source: Golub and Van Loan, Matrix Computations, 10.1 and 10.3. */
#include "linear/principal.h"

#include "data/random.h"
#include "linear/svd.h"
#include "sbnn.h"
#include "tensor/tensor.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const double CONVERGED = 1e-9, BREAKDOWN = 1e-12; /* of the largest eigenvalue */

/* A symmetric operator [m x m] and the basis [steps x m] on which it is tridiagonal: alpha on the diagonal,
 * beta[i] between rows i and i + 1. */
typedef struct lanczos {
  size_t m, steps, room;
  const double *a;
  double *basis, *alpha, *beta, scale;
} lanczos;

static double dot(const double *a, const double *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

static void add(double *to, double factor, const double *v, size_t n) {
  for (size_t i = 0; i < n; i++) to[i] += factor * v[i];
}

/* Twice is enough (Kahan). */
static void orthogonalise(const lanczos *l, double *v) {
  for (int twice = 0; twice < 2; twice++)
    for (size_t i = 0; i < l->steps; i++) {
      const double *b = l->basis + i * l->m;
      add(v, -dot(v, b, l->m), b, l->m);
    }
}

/* A direction outside the basis, where the last product led to none: the next copy of a multiple eigenvalue
 * is found there. */
static double fresh(const lanczos *l, double *v) {
  sbnn_stream stream = {.purpose = SBNN_STREAM_PRINCIPAL, .replica = (uint32_t)l->steps};
  for (size_t i = 0; i < l->m; i++) v[i] = sbnn_random_normal(stream, i);
  orthogonalise(l, v);
  return sqrt(dot(v, v, l->m));
}

/* Adds a row to the basis; `next` [m] holds the direction to go on with, of length `length`. */
static double step(lanczos *l, double *next, double length) {
  size_t m = l->m;
  if (length <= BREAKDOWN * l->scale) length = fresh(l, next);
  double *v = l->basis + l->steps * m;
  for (size_t i = 0; i < m; i++) v[i] = next[i] / length;
  memset(next, 0, m * sizeof *next);
  for (size_t i = 0; i < m; i++) add(next, v[i], l->a + i * m, m); /* A is symmetric: by rows */
  l->alpha[l->steps++] = dot(v, next, m);
  orthogonalise(l, next);
  length = sqrt(dot(next, next, m));
  l->beta[l->steps - 1] = length <= BREAKDOWN * l->scale ? 0 : length;
  return length;
}

/* Eigenvalues [steps], descending, and eigenvectors (rows) of the tridiagonal matrix: A has no negative ones,
 * so its singular values are they. */
static void ritz(const lanczos *l, double *value, double *vector) {
  size_t s = l->steps;
  double *t = sbnn_alloc(s * s, sizeof *t);
  for (size_t i = 0; i < s; i++) {
    t[i * s + i] = l->alpha[i];
    if (i + 1 < s) t[i * s + i + 1] = t[(i + 1) * s + i] = l->beta[i];
  }
  sbnn_svd(s, s, t, value, vector);
  free(t);
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* The k leading eigenvectors (rows) of A [m x m], positive semidefinite, and their eigenvalues. */
static void leading(const double *a, size_t m, size_t k, double *vectors, double *values) {
  lanczos l = {.m = m, .a = a};
  double *next = sbnn_alloc(m, sizeof *next), length = 0, *value = NULL, *vector = NULL;
  for (size_t i = 0; i < m; i++) l.scale = fmax(l.scale, a[i * m + i]);
  bool done = false;
  for (size_t wanted = smaller(m, 2 * k + 20); !done; wanted = smaller(m, wanted + wanted / 2)) {
    l.basis = sbnn_realloc(l.basis, wanted * m, sizeof *l.basis);
    l.alpha = sbnn_realloc(l.alpha, wanted, sizeof *l.alpha);
    l.beta = sbnn_realloc(l.beta, wanted, sizeof *l.beta);
    while (l.steps < wanted) length = step(&l, next, length);
    value = sbnn_realloc(value, wanted, sizeof *value);
    vector = sbnn_realloc(vector, wanted * wanted, sizeof *vector);
    ritz(&l, value, vector);
    done = true; /* on a complete basis, whatever the residuals */
    for (size_t i = 0; i < k && wanted < m; i++)
      done &= length * fabs(vector[i * wanted + wanted - 1]) <= CONVERGED * value[0];
  }
  for (size_t i = 0; i < k; i++) {
    double *v = vectors + i * m;
    memset(v, 0, m * sizeof *v);
    for (size_t j = 0; j < l.steps; j++) add(v, vector[i * l.steps + j], l.basis + j * m, m);
    values[i] = value[i];
  }
  free(next);
  free(l.basis);
  free(l.alpha);
  free(l.beta);
  free(value);
  free(vector);
}

static double *centred(const float *x, size_t n, size_t d) {
  double *c = sbnn_alloc(n * d, sizeof *c), *mean = sbnn_alloc(d, sizeof *mean);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < d; j++) mean[j] += x[i * d + j] / (double)n;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < d; j++) c[i * d + j] = x[i * d + j] - mean[j];
  free(mean);
  return c;
}

/* +1 or -1: that of the longest coefficient. */
static double sign_of(const double *v, size_t m) {
  size_t longest = 0;
  for (size_t i = 1; i < m; i++)
    if (fabs(v[i]) > fabs(v[longest])) longest = i;
  return v[longest] < 0 ? -1 : 1;
}

void sbnn_principal(sbnn_float_rows table, size_t k, int threads, double *scores, double *variance) {
  const size_t n = table.n, d = table.d;
  bool cells = d > n; /* the operator is of cells, else of columns */
  size_t m = cells ? n : d;
  double *c = centred(table.x, n, d), *a = sbnn_alloc(m * m, sizeof *a);
  double *vectors = sbnn_alloc(k * m, sizeof *vectors), *values = sbnn_alloc(k, sizeof *values);
  tn_view rows = tn_matrix(c, TN_F64, (int64_t)n, (int64_t)d), columns = tn_view_permute(rows, (int[]){1, 0});
  tn_gemm(1.0 / (double)n, cells ? rows : columns, cells ? columns : rows, 0,
          tn_matrix(a, TN_F64, (int64_t)m, (int64_t)m), threads);
  leading(a, m, k, vectors, values);
  for (size_t i = 0; i < k; i++) {
    const double *v = vectors + i * m;
    double sign = sign_of(v, m), length = sqrt((double)n * values[i]);
    for (size_t r = 0; r < n; r++) scores[r * k + i] = sign * (cells ? length * v[r] : dot(c + r * d, v, d));
    if (variance) variance[i] = values[i];
  }
  free(c);
  free(a);
  free(vectors);
  free(values);
}
