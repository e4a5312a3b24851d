/* forward.c - see forward.h. Gram-Schmidt on the moments: with x_j the chosen gene's part that is orthogonal
 * to those before, what is left of X'Y and of the genes' mean squares follows from the one column X'x_j. */
#include "linear/forward.h"

#include "sbnn.h"
#include "tensor/tensor.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static const double LEAST_LEFT = 1e-3; /* of a z-scored gene's mean square */

typedef struct selection {
  size_t n, p, q;
  double *x;     /* [n x p] */
  double *yx;    /* [q x p] what is left of Y'X / n */
  double *left;  /* [p] what is left of the mean squares */
  double *basis; /* [chosen x p] X'X / n in orthonormal directions of the chosen genes */
  bool *taken;   /* [p] */
} selection;

static double explained(const selection *s, size_t j) {
  double sum = 0;
  for (size_t c = 0; c < s->q; c++) sum += s->yx[c * s->p + j] * s->yx[c * s->p + j];
  return sum / fmax(s->left[j], LEAST_LEFT);
}

static size_t best_of(const selection *s) {
  size_t best = s->p;
  double most = 0;
  for (size_t j = 0; j < s->p; j++) {
    if (s->taken[j]) continue;
    double gain = explained(s, j);
    if (gain > most) most = gain, best = j;
  }
  return best;
}

/* Column j of X'X / n. */
static void gram_column(const selection *s, size_t j, double *column) {
  tn_view x = tn_matrix(s->x, TN_F64, (int64_t)s->n, (int64_t)s->p);
  tn_view gene = tn_view_slice(x, 1, (int64_t)j, 1, 1);
  tn_gemm(1.0 / (double)s->n, tn_view_permute(gene, (int[]){1, 0}), x, 0,
          tn_matrix(column, TN_F64, 1, (int64_t)s->p), 1);
}

/* Takes gene j in as direction `at`. */
static void take(selection *s, size_t at, size_t j) {
  double *g = s->basis + at * s->p;
  s->taken[j] = true;
  gram_column(s, j, g);
  for (size_t k = 0; k < at; k++) {
    const double *q = s->basis + k * s->p;
    double part = q[j];
    for (size_t i = 0; i < s->p; i++) g[i] -= part * q[i];
  }
  double root = sqrt(g[j]);
  if (!(root > 0)) root = INFINITY; /* nothing is left of it: nothing to take from the others */
  for (size_t i = 0; i < s->p; i++) g[i] /= root;
  for (size_t c = 0; c < s->q; c++) {
    double part = s->yx[c * s->p + j] / root;
    for (size_t i = 0; i < s->p; i++) s->yx[c * s->p + i] -= part * g[i];
  }
  for (size_t i = 0; i < s->p; i++) s->left[i] -= g[i] * g[i];
}

/* X in f64, the moments, and |Y|^2 / n. */
static double begin(selection *s, const float *x, const float *y, size_t k) {
  double yy = 0;
  s->x = sbnn_alloc(s->n * s->p, sizeof *s->x);
  s->yx = sbnn_alloc(s->q * s->p, sizeof *s->yx);
  s->left = sbnn_alloc(s->p, sizeof *s->left);
  s->basis = sbnn_alloc(k * s->p, sizeof *s->basis);
  s->taken = sbnn_alloc(s->p, sizeof *s->taken);
  for (size_t i = 0; i < s->n; i++)
    for (size_t j = 0; j < s->p; j++) {
      double v = s->x[i * s->p + j] = x[i * s->p + j];
      s->left[j] += v * v / (double)s->n;
    }
  sbnn_cross_moment(s->x, y, s->n, s->p, s->q, s->yx);
  for (size_t i = 0; i < s->n * s->q; i++) yy += (double)y[i] * y[i] / (double)s->n;
  return yy;
}

size_t sbnn_forward_select(const sbnn_linear_data *d, size_t k, size_t *chosen, double *gain) {
  selection s = {.n = d->n, .p = d->p, .q = d->q};
  double yy = begin(&s, d->x, d->y, k);
  size_t at = 0;
  for (; at < k; at++) {
    size_t j = best_of(&s);
    if (j == s.p) break;
    if (gain) gain[at] = explained(&s, j) / yy;
    chosen[at] = j;
    take(&s, at, j);
  }
  free(s.x);
  free(s.yx);
  free(s.left);
  free(s.basis);
  free(s.taken);
  return at;
}
