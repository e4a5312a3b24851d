/* delaunay.c - the one file that knows qhull (delaunay.h). */
#include "figures/delaunay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void sbnn_triangles_free(sbnn_triangles *t) {
  free(t->corner);
  *t = (sbnn_triangles){0};
}

typedef struct ranked {
  double length; /* of the longest edge */
  int64_t index;
} ranked;

static double longest_edge(const double *points, const int32_t corner[3]) {
  double longest = 0;
  for (int i = 0; i < 3; i++) {
    const double *a = points + 2 * corner[i], *b = points + 2 * corner[(i + 1) % 3];
    longest = fmax(longest, hypot(a[0] - b[0], a[1] - b[1]));
  }
  return longest;
}

static int longest_first(const void *a, const void *b) {
  const ranked *x = a, *y = b;
  if (x->length != y->length) return x->length < y->length ? 1 : -1;
  return x->index < y->index ? 1 : -1;
}

void sbnn_triangles_mask_longest(sbnn_triangles *t, const double *points, int64_t count) {
  if (count <= 0 || t->n == 0) return;
  ranked *r = sbnn_alloc((size_t)t->n, sizeof *r);
  for (int64_t i = 0; i < t->n; i++) r[i] = (ranked){longest_edge(points, t->corner + 3 * i), i};
  qsort(r, (size_t)t->n, sizeof *r, longest_first);
  for (int64_t i = 0; i < count && i < t->n; i++) t->corner[3 * r[i].index] = -1;
  int64_t kept = 0;
  for (int64_t i = 0; i < t->n; i++)
    if (t->corner[3 * i] >= 0) memmove(t->corner + 3 * kept++, t->corner + 3 * i, 3 * sizeof *t->corner);
  t->n = kept;
  free(r);
}

#ifdef NABLA_QHULL

#include <libqhull_r/qhull_ra.h>

bool sbnn_delaunay_available(void) { return true; }

/* True when the points span an area: qhull reports a flat input as an error, here it is an answer. Points
 * count as collinear when none is farther from the longest chord through the first point than rounding
 * explains. */
static bool spans_area(int64_t n, const double *p) {
  int64_t far = 0;
  double longest = 0, off = 0;
  for (int64_t i = 1; i < n; i++) {
    double d = hypot(p[2 * i] - p[0], p[2 * i + 1] - p[1]);
    if (d > longest) longest = d, far = i;
  }
  for (int64_t i = 1; i < n && longest > 0; i++) {
    double cross = (p[2 * far] - p[0]) * (p[2 * i + 1] - p[1]) - (p[2 * far + 1] - p[1]) * (p[2 * i] - p[0]);
    off = fmax(off, fabs(cross) / longest);
  }
  return off > 1e-9 * longest;
}

/* Twice the signed area, positive for counter-clockwise corners. */
static double area2(const double *points, const int32_t corner[3]) {
  const double *a = points + 2 * corner[0], *b = points + 2 * corner[1], *c = points + 2 * corner[2];
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/* Takes the lower facets of the paraboloid: the triangles. qhT's name `qh` is required by its macros. */
static void collect(qhT *qh, const double *points, sbnn_triangles *out) {
  facetT *facet;
  vertexT *vertex, **vertexp;
  size_t room = (size_t)qh->num_facets;
  out->corner = sbnn_alloc(room, 3 * sizeof *out->corner);
  FORALLfacets {
    if (facet->upperdelaunay || facet->degenerate) continue;
    int32_t *corner = out->corner + 3 * out->n;
    int k = 0;
    FOREACHvertex_(facet->vertices) if (k < 3) corner[k++] = (int32_t)qh_pointid(qh, vertex->point);
    double area = k == 3 ? area2(points, corner) : 0;
    if (area == 0) continue;
    if (area < 0) {
      int32_t swapped = corner[1];
      corner[1] = corner[2];
      corner[2] = swapped;
    }
    out->n++;
  }
}

/* qhull works on its own copy, centred and scaled to 1: far from the origin its tolerances would swallow the
 * points. */
static double *normalised(int64_t n, const double *points) {
  double *copy = sbnn_alloc((size_t)n, 2 * sizeof *copy), scale = 0;
  for (int64_t i = 0; i < 2 * n; i++) {
    copy[i] = points[i] - points[i % 2];
    scale = fmax(scale, fabs(copy[i]));
  }
  for (int64_t i = 0; i < 2 * n; i++) copy[i] /= scale;
  return copy;
}

int sbnn_delaunay(int64_t n, const double *points, sbnn_triangles *out, sbnn_error *e) {
  *out = (sbnn_triangles){0};
  if (n < 3 || n > INT32_MAX || !spans_area(n, points)) return SBNN_OK;
  double *copy = normalised(n, points);
  FILE *null = fopen("/dev/null", "w"); /* qhull insists on somewhere to complain to */
  if (!null) {
    free(copy);
    return sbnn_fail(e, SBNN_FAILED,
                     "the triangulation of the latent map failed: /dev/null cannot be opened");
  }
  qhT context, *qh = &context;
  qh_zero(qh, null);
  char command[] = "qhull d Qt Qbb Qc Qz";
  int problem = qh_new_qhull(qh, 2, (int)n, copy, False, command, null, null);
  if (!problem) collect(qh, points, out);
  qh_freeqhull(qh, !qh_ALL);
  int long_blocks, long_bytes;
  qh_memfreeshort(qh, &long_blocks, &long_bytes);
  fclose(null);
  free(copy);
  if (!problem) return SBNN_OK;
  sbnn_triangles_free(out);
  return sbnn_fail(e, SBNN_FAILED,
                   "the triangulation of the %lld cells of the latent map failed (qhull error %d)",
                   (long long)n, problem);
}

#else

bool sbnn_delaunay_available(void) { return false; }

int sbnn_delaunay(int64_t n, const double *points, sbnn_triangles *out, sbnn_error *e) {
  (void)n, (void)points, (void)e;
  *out = (sbnn_triangles){0};
  return SBNN_OK;
}

#endif
