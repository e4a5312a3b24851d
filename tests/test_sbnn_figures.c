/* test_sbnn_figures.c - the application's figures: ticks, colours, triangles, contours, files. */
#include "figures/axes.h"
#include "figures/contour.h"
#include "figures/curves.h"
#include "figures/delaunay.h"
#include "figures/labels.h"
#include "figures/outfile.h"
#include "figures/overlays.h"
#include "figures/palette.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- ticks and axes ---- */

Test(sbnn_ticks, steps_are_1_2_or_5_times_a_power_of_ten) {
  static const double range[][2] = {{0, 1},         {0, 0.44},   {-3.1, 2.7}, {1e-9, 7e-9},
                                    {12345, 12399}, {-1e8, 3e9}, {-5, -4}};
  for (size_t i = 0; i < sizeof range / sizeof *range; i++)
    for (int most = 2; most < 12; most++) {
      sbnn_ticks t = sbnn_ticks_for(range[i][0], range[i][1], most);
      cr_assert(t.count <= most && t.count >= 0);
      cr_assert(most < 4 || t.count >= 2, "range %zu, at most %d: %d", i, most, t.count);
      double size = t.step / pow(10, floor(log10(t.step) + 1e-9));
      cr_assert(fabs(size - 1) < 1e-9 || fabs(size - 2) < 1e-9 || fabs(size - 5) < 1e-9, "step %g", t.step);
      double slack = 1e-6 * t.step;
      cr_assert(t.count == 0 || sbnn_tick_at(&t, 0) >= range[i][0] - slack);
      cr_assert(t.count == 0 || sbnn_tick_at(&t, t.count - 1) <= range[i][1] + slack);
      cr_assert(sbnn_tick_at(&t, -1) < range[i][0] && sbnn_tick_at(&t, t.count) > range[i][1],
                "no tick is missing");
    }
}

Test(sbnn_ticks, known_ticks_and_their_text) {
  sbnn_ticks t = sbnn_ticks_for(-0.5, 0.5, 6);
  char text[32];
  cr_assert_eq(t.count, 5);
  cr_assert_float_eq(t.step, 0.2, 1e-12);
  cr_assert_eq(sbnn_tick_at(&t, 2), 0.0, "zero is exact");
  sbnn_tick_text(&t, 2, text);
  cr_assert_str_eq(text, "0.0");
  sbnn_tick_text(&t, 0, text);
  cr_assert_str_eq(text, "\u22120.4");
  t = sbnn_ticks_for(0, 200, 5);
  sbnn_tick_text(&t, t.count - 1, text);
  cr_assert_str_eq(text, "200");
}

Test(sbnn_ticks, senseless_ranges_have_none) {
  cr_assert_eq(sbnn_ticks_for(1, 1, 5).count, 0);
  cr_assert_eq(sbnn_ticks_for(2, 1, 5).count, 0);
  cr_assert_eq(sbnn_ticks_for(NAN, 1, 5).count, 0);
  cr_assert_eq(sbnn_ticks_for(0, INFINITY, 5).count, 0);
  cr_assert_eq(sbnn_ticks_for(0, 1, 1).count, 0);
}

Test(sbnn_axes, transform_and_equal_scales) {
  sbnn_axes a = {.x = 10, .y = 20, .w = 200, .h = 100, .x_lo = -1, .x_hi = 1, .y_lo = 0, .y_hi = 4};
  cr_assert_float_eq(sbnn_axes_x(&a, -1), 10, 1e-12);
  cr_assert_float_eq(sbnn_axes_x(&a, 1), 210, 1e-12);
  cr_assert_float_eq(sbnn_axes_y(&a, 0), 120, 1e-12);
  cr_assert_float_eq(sbnn_axes_y(&a, 4), 20, 1e-12);
  sbnn_axes_equal(&a);
  cr_assert_float_eq(a.w / (a.x_hi - a.x_lo), a.h / (a.y_hi - a.y_lo), 1e-12);
  cr_assert(a.x_lo <= -1 && a.x_hi >= 1 && a.y_lo <= 0 && a.y_hi >= 4, "nothing drops out");
}

/* ---- colours ---- */

static void assert_color(sbnn_color c, double r, double g, double b, double tolerance) {
  cr_assert(fabs(c.r - r) <= tolerance && fabs(c.g - g) <= tolerance && fabs(c.b - b) <= tolerance,
            "%g %g %g, not %g %g %g", c.r, c.g, c.b, r, g, b);
}

/* Entries 0, 64, 128, 191, 255 of matplotlib's table. */
Test(sbnn_palette, inferno_is_matplotlibs) {
  assert_color(sbnn_inferno(0), 0.001462, 0.000466, 0.013866, 1.0 / 255);
  assert_color(sbnn_inferno(64 / 255.0), 0.341500, 0.062325, 0.429425, 1.0 / 255);
  assert_color(sbnn_inferno(128 / 255.0), 0.735683, 0.215906, 0.330245, 1.0 / 255);
  assert_color(sbnn_inferno(191 / 255.0), 0.977092, 0.550850, 0.039050, 1.0 / 255);
  assert_color(sbnn_inferno(1), 0.988362, 0.998364, 0.644924, 1.0 / 255);
  assert_color(sbnn_inferno(-7), sbnn_inferno(0).r, sbnn_inferno(0).g, sbnn_inferno(0).b, 0);
  assert_color(sbnn_inferno(7), sbnn_inferno(1).r, sbnn_inferno(1).g, sbnn_inferno(1).b, 0);
  assert_color(sbnn_inferno(NAN), SBNN_GREY.r, SBNN_GREY.g, SBNN_GREY.b, 0);
}

Test(sbnn_palette, hex_colours) {
  sbnn_color c = {0};
  cr_assert(sbnn_color_parse("#AB379c", &c));
  assert_color(c, 0xAB / 255.0, 0x37 / 255.0, 0x9C / 255.0, 1e-12);
  cr_assert(sbnn_color_parse("0f8", &c));
  assert_color(c, 0, 1, 0x88 / 255.0, 1e-12);
  static const char *const bad[] = {"",         "#",   "#12",     "#1234",   "#12345",
                                    "#1234567", "red", "#GG0000", "#12 456", "##12345"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    cr_assert_not(sbnn_color_parse(bad[i], &c), "\"%s\"", bad[i]);
  cr_assert_not(sbnn_color_parse(NULL, &c));
  assert_color(c, 0, 1, 0x88 / 255.0, 1e-12); /* failures leave it alone */
  cr_assert_eq(sbnn_color_argb((sbnn_color){1, 0.5, 0, 1}), 0xFFFF8000u);
  cr_assert_eq(sbnn_color_argb((sbnn_color){1, 1, 1, 0}), 0u);
}

Test(sbnn_palette, categories_differ_and_are_stable) {
  sbnn_color few[10], many[60];
  sbnn_palette(10, few);
  sbnn_palette(60, many);
  for (int i = 0; i < 10; i++) assert_color(few[i], many[i].r, many[i].g, many[i].b, 0);
  for (int i = 0; i < 60; i++)
    for (int j = 0; j < i; j++) {
      double d = fabs(many[i].r - many[j].r) + fabs(many[i].g - many[j].g) + fabs(many[i].b - many[j].b);
      cr_assert(d > 0.08, "colours %d and %d", i, j);
    }
}

/* ---- labels ---- */

Test(sbnn_labels, crowded_labels_are_moved_apart_inside_the_frame) {
  sbnn_label l[8];
  for (int i = 0; i < 8; i++)
    l[i] = (sbnn_label){.want_x = 50 + 0.1 * i, .want_y = 50 - 0.05 * i, .w = 30, .h = 8};
  cr_assert(sbnn_labels_place(8, l, 0, 0, 100, 100));
  for (int i = 0; i < 8; i++) {
    cr_assert(l[i].x >= 15 - 1e-9 && l[i].x <= 85 + 1e-9 && l[i].y >= 4 - 1e-9 && l[i].y <= 96 + 1e-9);
    for (int j = 0; j < i; j++)
      cr_assert(fabs(l[i].x - l[j].x) >= 30 || fabs(l[i].y - l[j].y) >= 8, "%d over %d", i, j);
  }
  for (int i = 0; i < 8; i++) l[i].h = 40; /* more area than there is */
  cr_assert_not(sbnn_labels_place(8, l, 0, 0, 100, 100));
}

/* ---- triangles and contours ---- */

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

static void scattered(int64_t n, double *points, double scale, double shift) {
  uint32_t state = 1;
  for (int64_t i = 0; i < 2 * n; i++) {
    state = state * 1664525u + 1013904223u;
    points[i] = shift + scale * (state >> 8) / 16777216.0;
  }
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
  uint32_t *image = sbnn_contour_image(&t, p, value, 2, &two_bands, &w, 80, 80);
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
    uint32_t *image = sbnn_contour_image(&t, p, value, 1, &b, &w, SIDE, SIDE);
    /* Half a sample along the whole outline would be 3e-3. */
    cr_assert_float_eq(covered(image, SIDE * SIDE, NULL) * pixel_area, area_of(&t, p), 1e-3,
                       "%d masked: %g, not %g", masked, covered(image, SIDE * SIDE, NULL) * pixel_area,
                       area_of(&t, p));
    free(image);
  }
  value[0] = NAN; /* its triangles are left out, nothing else */
  uint32_t *image = sbnn_contour_image(&t, p, value, 1, &b, &w, SIDE, SIDE);
  cr_assert(covered(image, SIDE * SIDE, NULL) * pixel_area < area_of(&t, p));
  free(image);
  sbnn_triangles_free(&t);
}

/* ---- files ---- */

static char directory[64];

static void enter(void) {
  strcpy(directory, "/tmp/sbnn_figures_XXXXXX");
  cr_assert_not_null(mkdtemp(directory));
}

static int files_in(const char *path) {
  DIR *d = opendir(path);
  int n = 0;
  for (struct dirent *f; d && (f = readdir(d));) n += f->d_name[0] != '.';
  if (d) closedir(d);
  return n;
}

static void leave(void) {
  DIR *d = opendir(directory);
  chmod(directory, 0700);
  for (struct dirent *f; d && (f = readdir(d));) {
    char path[400];
    snprintf(path, sizeof path, "%s/%s", directory, f->d_name);
    if (f->d_name[0] != '.') remove(path);
  }
  if (d) closedir(d);
  rmdir(directory);
}

TestSuite(sbnn_figures, .init = enter, .fini = leave);

/* The whole file; the caller frees. */
static sbnn_bytes slurp(const char *name) {
  char path[200], buffer[4096];
  sbnn_bytes b = {0};
  snprintf(path, sizeof path, "%s/%s", directory, name);
  FILE *f = fopen(path, "rb");
  cr_assert_not_null(f, "%s", path);
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, f)) > 0;) sbnn_bytes_append(&b, buffer, n);
  fclose(f);
  return b;
}

static void assert_magic(const char *name, const char *magic) {
  sbnn_bytes b = slurp(name);
  cr_assert(b.n > 500 && memcmp(b.data, magic, strlen(magic)) == 0, "%s", name);
  free(b.data);
}

static void assert_same(const char *a, const char *b) {
  sbnn_bytes x = slurp(a), y = slurp(b);
  cr_assert(x.n == y.n && memcmp(x.data, y.data, x.n) == 0, "%s and %s differ", a, b);
  free(x.data);
  free(y.data);
}

/* The three files NAME.* exist, are what they claim, and equal OTHER.* byte for byte. */
static void assert_pictures(const char *name, const char *other) {
  static const char *const extension[] = {"png", "svg", "pdf"}, *const magic[] = {"\x89PNG\r\n", "<?xml",
                                                                                  "%PDF-"};
  for (int i = 0; i < 3; i++) {
    char a[64], b[64];
    snprintf(a, sizeof a, "%s.%s", name, extension[i]);
    snprintf(b, sizeof b, "%s.%s", other, extension[i]);
    assert_magic(a, magic[i]);
    assert_same(a, b);
  }
}

enum { EPOCHS = 40 };

static int draw_r2(const char *where, const char *name, sbnn_error *e) {
  double train[EPOCHS], test[EPOCHS], sd[EPOCHS];
  for (int i = 0; i < EPOCHS; i++) train[i] = i ? 0.5 - 1.0 / i : -3, test[i] = 0.9 * train[i], sd[i] = 0.03;
  test[20] = NAN;
  const sbnn_curve curve[] = {{"with pretraining", EPOCHS, 1, train, test, NULL, sd},
                              {"without", EPOCHS, 1, NULL, train, NULL, NULL}};
  const sbnn_phase phase[] = {{"frozen", 0, 10}, {"unfrozen", 10, 20}, {"pruned, fine-tuned", 20, 40}};
  const sbnn_level level[] = {{"rank 2", 0.35}, {"rank 16", 0.36}};
  const sbnn_curves c = {
      .n_curves = 2, .n_phases = 3, .n_levels = 2, .curve = curve, .phase = phase, .level = level};
  return sbnn_figure_r2(where, name, &c, e);
}

/* `labels` groups of n cells; odd characters in the names must not break a file. */
static int draw_map(const char *name, int64_t n, int labels, sbnn_error *e) {
  static const char *const names[] = {"Pvalb",          "<&\"'>", "bad \xff\xfe utf8",  "tab\there",
                                      "\u03b3\u03b4 T", "",       "#surface7 id=\"x1\""};
  double *z = sbnn_alloc((size_t)n, 2 * sizeof *z);
  int32_t *label = sbnn_alloc((size_t)n, sizeof *label);
  const char **name_of = sbnn_alloc((size_t)labels, sizeof *name_of);
  scattered(n, z, 3, 0);
  for (int64_t i = 0; i < n; i++) {
    label[i] = (int32_t)(i % (labels + 1)) - 1;
    z[2 * i] += 4 * (label[i] % 5);
  }
  for (int i = 0; i < labels; i++) name_of[i] = names[i % 7];
  if (n > 3) z[6] = NAN;
  sbnn_map m = {.n = n, .z = z, .label = label, .n_labels = labels, .label_name = name_of, .title = "Map"};
  int status = sbnn_figure_map(directory, name, &m, e);
  free(name_of);
  free(label);
  free(z);
  return status;
}

static int draw_overlays(const char *name, bool flat, sbnn_error *e) {
  enum { N = 200, GENES = 11, RESPONSES = 2 };
  static double z[2 * N], gene[N * GENES], response[N * RESPONSES];
  static const char *const names[GENES] = {
      "Sst", "Upstroke-to-downstroke ratio", "c", "d", "e", "f", "g", "h", "i", "j", "k"};
  scattered(N, z, 5, -2);
  scattered(N * GENES / 2, gene, 4, -2);
  scattered(N * RESPONSES / 2, response, 4, -2);
  for (int i = 0; flat && i < N; i++) z[2 * i + 1] = 0;
  z[10] = NAN;
  const sbnn_overlays o = {.map = {.n = N, .z = z},
                           .gene = {GENES, names, gene, NULL},
                           .response = {RESPONSES, names, response, NULL}};
  return sbnn_figure_overlays(directory, name, &o, e);
}

Test(sbnn_figures, curves_have_the_same_bytes_twice) {
  if (!sbnn_figures_available()) cr_skip_test("built without cairo");
  sbnn_error e = {0};
  cr_assert_eq(draw_r2(directory, "a", &e), SBNN_OK, "%s", e.text);
  cr_assert_eq(draw_r2(directory, "b", &e), SBNN_OK, "%s", e.text);
  assert_pictures("a", "b");
  cr_assert_eq(files_in(directory), 6, "no temporary file is left");
}

Test(sbnn_figures, cross_entropy) {
  if (!sbnn_figures_available()) cr_skip_test("built without cairo");
  sbnn_error e = {0};
  double loss[] = {3, 2, 1.5, 1.7};
  const sbnn_curve curve = {"M1", 4, 1, loss, loss, NULL, NULL};
  const sbnn_curves c = {.n_curves = 1, .curve = &curve};
  cr_assert_eq(sbnn_figure_cross_entropy(directory, "a", &c, &e), SBNN_OK);
  cr_assert_eq(sbnn_figure_cross_entropy(directory, "b", &c, &e), SBNN_OK);
  assert_pictures("a", "b");
}

Test(sbnn_figures, nothing_to_draw_writes_nothing) {
  sbnn_error e = {0};
  double nan = NAN;
  const sbnn_curve empty = {"empty", 0, 1, NULL, NULL, NULL, NULL},
                   gap = {"gap", 1, 1, &nan, &nan, NULL, NULL};
  cr_assert_eq(sbnn_figure_r2(directory, "a", &(sbnn_curves){0}, &e), SBNN_OK);
  cr_assert_eq(sbnn_figure_r2(directory, "a", &(sbnn_curves){.n_curves = 1, .curve = &empty}, &e), SBNN_OK);
  cr_assert_eq(sbnn_figure_cross_entropy(directory, "a", &(sbnn_curves){.n_curves = 1, .curve = &gap}, &e),
               SBNN_OK);
  cr_assert_eq(sbnn_figure_map(directory, "a", &(sbnn_map){0}, &e), SBNN_OK);
  cr_assert_eq(sbnn_figure_overlays(directory, "a", &(sbnn_overlays){0}, &e), SBNN_OK);
  cr_assert_eq(files_in(directory), 0);
}

Test(sbnn_figures, maps_of_any_size) {
  if (!sbnn_figures_available()) cr_skip_test("built without cairo");
  static const struct {
    int64_t n;
    int labels;
  } size[] = {{1, 1}, {2, 0}, {100, 7}, {500, 14}, {4000, 100}};
  for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
    sbnn_error e = {0};
    cr_assert_eq(draw_map("a", size[i].n, size[i].labels, &e), SBNN_OK, "%s", e.text);
    cr_assert_eq(draw_map("b", size[i].n, size[i].labels, &e), SBNN_OK, "%s", e.text);
    assert_pictures("a", "b");
  }
}

Test(sbnn_figures, many_dots_stay_small) {
  if (!sbnn_figures_available()) cr_skip_test("built without cairo");
  sbnn_error e = {0};
  cr_assert_eq(draw_map("a", 50000, 3, &e), SBNN_OK, "%s", e.text);
  sbnn_bytes svg = slurp("a.svg"), pdf = slurp("a.pdf");
  cr_assert(svg.n < 2000000 && pdf.n < 2000000, "%zu %zu", svg.n, pdf.n);
  free(svg.data);
  free(pdf.data);
}

Test(sbnn_figures, overlays) {
  if (!sbnn_figures_available()) cr_skip_test("built without cairo");
  sbnn_error e = {0};
  for (int flat = 0; flat < 2; flat++) {
    cr_assert_eq(draw_overlays("a", flat, &e), SBNN_OK, "%s", e.text);
    cr_assert_eq(draw_overlays("b", flat, &e), SBNN_OK, "%s", e.text);
    assert_pictures("a", "b");
  }
}

Test(sbnn_figures, unwritable_directory) {
  if (!sbnn_figures_available()) cr_skip_test("built without cairo");
  sbnn_error e = {0};
  cr_assert_eq(draw_r2("/nonexistent/directory", "a", &e), SBNN_FAILED);
  cr_assert(strstr(e.text, "/nonexistent/directory/a.png") && strstr(e.text, "No such file"), "%s", e.text);
  if (geteuid() == 0) return; /* root may write anywhere */
  e = (sbnn_error){0};
  chmod(directory, 0500);
  cr_assert_eq(draw_r2(directory, "a", &e), SBNN_FAILED);
  cr_assert_eq(files_in(directory), 0);
}

/* The name is taken by a directory: the rename fails after the writing, and the temporary file goes. */
Test(sbnn_figures, failed_rename_leaves_no_partial_file) {
  if (!sbnn_figures_available()) cr_skip_test("built without cairo");
  char taken[128];
  snprintf(taken, sizeof taken, "%s/a.png", directory);
  cr_assert_eq(mkdir(taken, 0700), 0);
  sbnn_error e = {0};
  cr_assert_eq(draw_r2(directory, "a", &e), SBNN_FAILED);
  cr_assert(strstr(e.text, "a.png"), "%s", e.text);
  cr_assert_eq(files_in(directory), 1);
}

Test(sbnn_figures, a_full_disk_is_an_error) {
  sbnn_error e = {0};
  if (access("/dev/full", W_OK) != 0) cr_skip_test("no /dev/full");
  char link[128];
  snprintf(link, sizeof link, "%s/a.png.tmp", directory);
  cr_assert_eq(symlink("/dev/full", link), 0);
  unsigned char byte = 0;
  cr_assert_eq(sbnn_outfile_write(directory, "a", "png", &(sbnn_bytes){&byte, 1, 1}, &e), SBNN_FAILED);
  cr_assert(strstr(e.text, "No space left"), "%s", e.text);
  cr_assert_eq(files_in(directory), 0);
}

Test(sbnn_figures, svg_ids_are_renumbered_by_kind) {
  const char *in =
      "<g id=\"surface12\"/><a href=\"#image7\" id=\"glyph3-1\"/><b c=\"url(#surface9)\" d=\"#surface12\"/>";
  const char *out =
      "<g id=\"surface0\"/><a href=\"#image0\" id=\"glyph0-1\"/><b c=\"url(#surface1)\" d=\"#surface0\"/>";
  sbnn_bytes b = {0};
  sbnn_bytes_append(&b, in, strlen(in));
  sbnn_svg_renumber(&b);
  cr_assert(b.n == strlen(out) && memcmp(b.data, out, b.n) == 0, "%.*s", (int)b.n, (const char *)b.data);
  free(b.data);
}
