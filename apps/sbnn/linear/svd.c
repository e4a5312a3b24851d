/* svd.c - see svd.h. */
#include "linear/svd.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MAX_SWEEPS = 60 };
static const double NOTHING = 1e-14; /* of the largest singular value */

static double dot(const double *a, const double *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

static void rotate(double *a, double *b, size_t n, double c, double s) {
  for (size_t i = 0; i < n; i++) {
    double x = a[i], y = b[i];
    a[i] = c * x - s * y;
    b[i] = s * x + c * y;
  }
}

/* Makes two columns orthogonal, the longer one first; false if they were. */
static bool orthogonalise(double *a, double *b, size_t m, double *va, double *vb, size_t n) {
  double aa = dot(a, a, m), bb = dot(b, b, m), ab = dot(a, b, m);
  bool orthogonal = fabs(ab) <= DBL_EPSILON * sqrt((double)m) * sqrt(aa) * sqrt(bb);
  if (orthogonal && aa >= bb) return false;
  double c = 0, s = 1; /* they change places */
  if (!orthogonal) {
    double zeta = (bb - aa) / (2 * ab);
    double t = (zeta >= 0 ? 1 : -1) / (fabs(zeta) + sqrt(1 + zeta * zeta));
    if (bb > aa) t = -1 / t; /* the other root leaves the longer column in front */
    c = 1 / sqrt(1 + t * t);
    s = c * t;
  }
  rotate(a, b, m, c, s);
  rotate(va, vb, n, c, s);
  return true;
}

void sbnn_svd(size_t m, size_t n, double *columns, double *s, double *v) {
  memset(v, 0, n * n * sizeof *v);
  for (size_t i = 0; i < n; i++) v[i * n + i] = 1;
  bool moved = true;
  for (int sweep = 0; moved && sweep < MAX_SWEEPS; sweep++) {
    moved = false;
    for (size_t i = 0; i + 1 < n; i++)
      for (size_t j = i + 1; j < n; j++)
        moved |= orthogonalise(columns + i * m, columns + j * m, m, v + i * n, v + j * n, n);
  }
  for (size_t i = 0; i < n; i++) {
    double *u = columns + i * m;
    s[i] = sqrt(dot(u, u, m));
    bool nothing = s[i] <= NOTHING * s[0];
    for (size_t k = 0; k < m; k++) u[k] = nothing ? 0 : u[k] / s[i];
  }
}

/* The unit vector that the other rows explain least, without what they explain of it. */
static void fill_row(size_t r, size_t n, double *rows, size_t row) {
  double least = INFINITY, *u = rows + row * n;
  size_t axis = 0;
  for (size_t k = 0; k < n; k++) {
    double explained = 0;
    for (size_t i = 0; i < r; i++) explained += rows[i * n + k] * rows[i * n + k];
    if (explained < least) least = explained, axis = k;
  }
  u[axis] = 1;
  for (int twice = 0; twice < 2; twice++)
    for (size_t i = 0; i < r; i++) {
      if (i == row) continue;
      double part = dot(u, rows + i * n, n);
      for (size_t k = 0; k < n; k++) u[k] -= part * rows[i * n + k];
    }
  double length = sqrt(dot(u, u, n));
  for (size_t k = 0; k < n; k++) u[k] /= length;
}

void sbnn_complete_rows(size_t r, size_t n, double *rows) {
  for (size_t i = 0; i < r; i++)
    if (dot(rows + i * n, rows + i * n, n) < 0.5) fill_row(r, n, rows, i);
}
