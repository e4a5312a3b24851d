/* test_sbnn_contour.c - triangles between scattered points, and the filled contours drawn over them. */
#include "figures/contour.h"
#include "figures/delaunay.h"
#include "figures/palette.h"
#include "support/scattered.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- triangles ---- */

static double area_of(const sbnn_triangles *t, const double *p) {
  double sum = 0;
  for (int64_t i = 0; i < t->n; i++) {
    const double *a = p + 2 * t->corner[3 * i], *b = p + 2 * t->corner[3 * i + 1],
                 *c = p + 2 * t->corner[3 * i + 2];
    double area = 0.5 * ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]));
    cr_assert(area > 0, "corners run counter-clockwise");
    sum += area;
  }
  return sum;
}

static sbnn_triangles triangulate(int64_t n, const double *points) {
  sbnn_error e = {0};
  sbnn_triangles t;
  cr_assert_eq(sbnn_delaunay(n, points, &t, &e), SBNN_OK, "%s", e.text);
  return t;
}

Test(sbnn_delaunay, squares) {
  if (!sbnn_delaunay_available()) cr_skip_test("built without qhull");
  const double square[] = {0, 0, 1, 0, 1, 1, 0, 1};
  sbnn_triangles t = triangulate(4, square);
  cr_assert_eq(t.n, 2);
  cr_assert_float_eq(area_of(&t, square), 1, 1e-12);
  sbnn_triangles_free(&t);
  const double centred[] = {0, 0, 2, 0, 2, 2, 0, 2, 1, 1};
  t = triangulate(5, centred);
  cr_assert_eq(t.n, 4);
  cr_assert_float_eq(area_of(&t, centred), 4, 1e-12);
  sbnn_triangles_free(&t);
}

/* 4 x 3 squares, every point twice: cocircular and coincident points are what data on a grid brings. */
Test(sbnn_delaunay, grid_with_duplicates) {
  if (!sbnn_delaunay_available()) cr_skip_test("built without qhull");
  double p[80];
  for (int i = 0; i < 40; i++) p[2 * i] = i % 20 % 5, p[2 * i + 1] = i % 20 / 5;
  sbnn_triangles t = triangulate(40, p);
  cr_assert_float_eq(area_of(&t, p), 12, 1e-9);
  cr_assert_eq(t.n, 24);
  sbnn_triangles_free(&t);
}

Test(sbnn_delaunay, no_point_lies_inside_a_circumcircle) {
  if (!sbnn_delaunay_available()) cr_skip_test("built without qhull");
  enum { N = 150 };
  double p[2 * N];
  scattered(N, p, 1, 0);
  sbnn_triangles t = triangulate(N, p);
  for (int64_t i = 0; i < t.n; i++) {
    const double *a = p + 2 * t.corner[3 * i], *b = p + 2 * t.corner[3 * i + 1],
                 *c = p + 2 * t.corner[3 * i + 2];
    for (int j = 0; j < N; j++) {
      double m[3][3];
      const double *corner[] = {a, b, c};
      for (int k = 0; k < 3; k++) {
        m[k][0] = corner[k][0] - p[2 * j], m[k][1] = corner[k][1] - p[2 * j + 1];
        m[k][2] = m[k][0] * m[k][0] + m[k][1] * m[k][1];
      }
      double inside = m[0][0] * (m[1][1] * m[2][2] - m[2][1] * m[1][2]) -
                      m[0][1] * (m[1][0] * m[2][2] - m[2][0] * m[1][2]) +
                      m[0][2] * (m[1][0] * m[2][1] - m[2][0] * m[1][1]);
      cr_assert(inside < 1e-12);
    }
  }
  sbnn_triangles_free(&t);
}

Test(sbnn_delaunay, nothing_to_triangulate) {
  const double line[] = {0, 0, 1, 1, 2, 2, 5, 5}, same[] = {3, 3, 3, 3, 3, 3, 3, 3};
  for (int64_t n = 0; n <= 4; n++) {
    sbnn_triangles t = triangulate(n, line);
    cr_assert_eq(t.n, 0);
    sbnn_triangles_free(&t);
    t = triangulate(n, same);
    cr_assert_eq(t.n, 0);
    sbnn_triangles_free(&t);
  }
}

Test(sbnn_delaunay, scale_and_place_do_not_matter) {
  if (!sbnn_delaunay_available()) cr_skip_test("built without qhull");
  enum { N = 100 };
  double p[2 * N], q[2 * N];
  scattered(N, p, 1, 0);
  for (int i = 0; i < 2 * N; i++) q[i] = 1e4 + 1e-3 * p[i];
  sbnn_triangles t = triangulate(N, p), u = triangulate(N, q);
  cr_assert_eq(t.n, u.n);
  cr_assert_float_eq(area_of(&u, q), 1e-6 * area_of(&t, p), 1e-11);
  sbnn_triangles_free(&t);
  sbnn_triangles_free(&u);
}

Test(sbnn_delaunay, the_longest_are_masked) {
  const double p[] = {0, 0, 1, 0, 0, 1, 9, 9, 1, 1};
  sbnn_triangles t = {.n = 3, .corner = sbnn_alloc(9, sizeof(int32_t))};
  const int32_t corner[] = {0, 1, 2, 1, 3, 4, 1, 4, 2};
  memcpy(t.corner, corner, sizeof corner);
  sbnn_triangles_mask_longest(&t, p, 1);
  cr_assert_eq(t.n, 2);
  cr_assert(t.corner[0] == 0 && t.corner[3] == 1 && t.corner[4] == 4);
  sbnn_triangles_mask_longest(&t, p, 5);
  cr_assert_eq(t.n, 0);
  sbnn_triangles_free(&t);
}

/* ---- contours ---- */

static const sbnn_bands two_bands = {0, 1, 2};

Test(sbnn_contour, bands) {
  const sbnn_bands b = {-2, 2, 40};
  cr_assert_eq(sbnn_band_of(&b, -2), 0);
  cr_assert_eq(sbnn_band_of(&b, -9), 0);
  cr_assert_eq(sbnn_band_of(&b, -INFINITY), 0);
  cr_assert_eq(sbnn_band_of(&b, 0), 20);
  cr_assert_eq(sbnn_band_of(&b, 2), 39);
  cr_assert_eq(sbnn_band_of(&b, 1e300), 39);
  cr_assert_eq(sbnn_band_of(&b, NAN), -1);
}

/* Covered area in pixels; of one colour's red when `red` is given. */
static double covered(const uint32_t *pixel, int n, const uint32_t *only) {
  double sum = 0;
  for (int i = 0; i < n; i++)
    if (!only || pixel[i] == *only) sum += (pixel[i] >> 24) / 255.0;
  return sum;
}

/* A square whose value is x: the two bands are its halves, and touching triangles leave no seam. */
Test(sbnn_contour, square_of_two_halves) {
  const double p[] = {0, 0, 1, 0, 1, 1, 0, 1}, value[] = {0, -1, 1, -1, 1, -1, 0, -1};
  int32_t corner[] = {0, 1, 2, 0, 2, 3};
  const sbnn_triangles t = {2, corner};
  const sbnn_window w = {-0.5, 1.5, -0.5, 1.5};
  uint32_t *image = sbnn_contour_image(&(sbnn_contours){&t, p, value, 2, &two_bands, &w}, 80, 80);
  uint32_t low = sbnn_color_argb(sbnn_band_color(&two_bands, 0)),
           high = sbnn_color_argb(sbnn_band_color(&two_bands, 1));
  cr_assert_float_eq(covered(image, 6400, NULL), 1600, 1e-9);
  cr_assert_float_eq(covered(image, 6400, &low), 800, 1e-9);
  cr_assert_float_eq(covered(image, 6400, &high), 800, 1e-9);
  cr_assert_eq(image[0], 0u, "transparent outside");
  free(image);
}

Test(sbnn_contour, areas_sum_to_the_triangulation) {
  if (!sbnn_delaunay_available()) cr_skip_test("built without qhull");
  enum { N = 300, SIDE = 200 };
  double p[2 * N], value[N];
  scattered(N, p, 1, 0);
  for (int i = 0; i < N; i++) value[i] = sin(9 * p[2 * i]);
  sbnn_triangles t = triangulate(N, p);
  const sbnn_bands b = {-1, 1, 10};
  const sbnn_window w = {-0.1, 1.1, -0.1, 1.1};
  double pixel_area = 1.2 * 1.2 / (SIDE * SIDE);
  for (int masked = 0; masked < 100; masked += 50) {
    sbnn_triangles_mask_longest(&t, p, masked);
    uint32_t *image = sbnn_contour_image(&(sbnn_contours){&t, p, value, 1, &b, &w}, SIDE, SIDE);
    /* Half a sample along the whole outline would be 3e-3. */
    cr_assert_float_eq(covered(image, SIDE * SIDE, NULL) * pixel_area, area_of(&t, p), 1e-3,
                       "%d masked: %g, not %g", masked, covered(image, SIDE * SIDE, NULL) * pixel_area,
                       area_of(&t, p));
    free(image);
  }
  value[0] = NAN; /* its triangles are left out, nothing else */
  uint32_t *image = sbnn_contour_image(&(sbnn_contours){&t, p, value, 1, &b, &w}, SIDE, SIDE);
  cr_assert(covered(image, SIDE * SIDE, NULL) * pixel_area < area_of(&t, p));
  free(image);
  sbnn_triangles_free(&t);
}
