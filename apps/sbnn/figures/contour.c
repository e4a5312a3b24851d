/* contour.c - filled contours over triangles, sampled pixel by pixel (contour.h). */
#include "figures/contour.h"

#include "figures/palette.h"

#include <math.h>
#include <stdlib.h>

enum { SUB = 4 }; /* samples a pixel, each way */

int sbnn_band_of(const sbnn_bands *b, double value) {
  if (isnan(value)) return -1;
  double t = floor((value - b->lo) / (b->hi - b->lo) * b->bands);
  return t < 0 ? 0 : t >= b->bands ? b->bands - 1 : (int)t;
}

sbnn_color sbnn_band_color(const sbnn_bands *b, int band) {
  return band < 0 ? SBNN_GREY : sbnn_inferno(b->bands > 1 ? band / (b->bands - 1.0) : 0.5);
}

/* The samples of an image: band + 1 of each, 0 where no triangle is. */
typedef struct samples {
  int columns, rows;
  uint16_t *band;
} samples;

/* A plane over the sample grid: v(x, y) = v0 + x vx + y vy through three corners; false without area. */
typedef struct plane {
  double v0, vx, vy;
} plane;

static bool plane_through(const double x[3], const double y[3], const double v[3], plane *p) {
  double det = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0]);
  if (det == 0) return false;
  p->vx = ((v[1] - v[0]) * (y[2] - y[0]) - (v[2] - v[0]) * (y[1] - y[0])) / det;
  p->vy = ((x[1] - x[0]) * (v[2] - v[0]) - (x[2] - x[0]) * (v[1] - v[0])) / det;
  p->v0 = v[0] - x[0] * p->vx - y[0] * p->vy;
  return true;
}

/* Where the horizontal at `level` enters and leaves the triangle; false when it misses. Half-open in y, so
 * that neighbours share no sample and leave none out. */
static bool crossing(const double x[3], const double y[3], double level, double *from, double *to) {
  int n = 0;
  double at[2] = {0, 0};
  for (int i = 0; i < 3; i++) {
    int a = i, b = (i + 1) % 3;
    if (y[b] < y[a] || (y[b] == y[a] && x[b] < x[a])) a = b, b = i; /* both neighbours reckon an edge alike */
    if (!(y[a] <= level && level < y[b]) || n == 2) continue;
    at[n++] = x[a] + (x[b] - x[a]) * ((level - y[a]) / (y[b] - y[a]));
  }
  *from = fmin(at[0], at[1]);
  *to = fmax(at[0], at[1]);
  return n == 2;
}

/* The first sample centre (i + 0.5) at or after `v`, within 0..most. */
static int sample_after(double v, int most) {
  double i = ceil(v - 0.5);
  return i < 0 ? 0 : i > most ? most : (int)i;
}

static void paint_triangle(samples *s, const double x[3], const double y[3], const double v[3],
                           const sbnn_bands *b) {
  plane p;
  if (!plane_through(x, y, v, &p)) return;
  int last = sample_after(fmax(y[0], fmax(y[1], y[2])), s->rows);
  for (int row = sample_after(fmin(y[0], fmin(y[1], y[2])), s->rows); row < last; row++) {
    double from, to, level = row + 0.5;
    if (!crossing(x, y, level, &from, &to)) continue;
    uint16_t *line = s->band + (size_t)row * (size_t)s->columns;
    int end = sample_after(to, s->columns);
    for (int i = sample_after(from, s->columns); i < end; i++)
      line[i] = (uint16_t)(sbnn_band_of(b, p.v0 + (i + 0.5) * p.vx + level * p.vy) + 1);
  }
}

static void paint_all(samples *s, const sbnn_contours *c) {
  const sbnn_window *w = c->window;
  double sx = s->columns / (w->x_hi - w->x_lo), sy = s->rows / (w->y_hi - w->y_lo);
  for (int64_t i = 0; i < c->triangles->n; i++) {
    double x[3], y[3], v[3];
    for (int k = 0; k < 3; k++) {
      int64_t j = c->triangles->corner[3 * i + k];
      x[k] = sx * (c->points[2 * j] - w->x_lo);
      y[k] = sy * (w->y_hi - c->points[2 * j + 1]);
      v[k] = c->value[j * c->stride];
    }
    /* A corner without a value: the triangle is left out. */
    if (isfinite(v[0] + v[1] + v[2])) paint_triangle(s, x, y, v, c->bands);
  }
}

/* The mean colour of a pixel's samples; alpha is the covered share. */
static uint32_t pixel(const samples *s, int column, int row, const sbnn_color *color) {
  double r = 0, g = 0, b = 0, n = 0;
  for (int i = 0; i < SUB; i++)
    for (int j = 0; j < SUB; j++) {
      int band = s->band[(size_t)(SUB * row + i) * (size_t)s->columns + (size_t)(SUB * column + j)];
      if (band == 0) continue;
      r += color[band - 1].r, g += color[band - 1].g, b += color[band - 1].b, n++;
    }
  if (n == 0) return 0;
  return sbnn_color_argb((sbnn_color){r / n, g / n, b / n, n / (SUB * SUB)});
}

uint32_t *sbnn_contour_image(const sbnn_contours *c, int columns, int rows) {
  const sbnn_bands *b = c->bands;
  samples s = {.columns = SUB * columns, .rows = SUB * rows};
  s.band = sbnn_alloc((size_t)s.columns * (size_t)s.rows, sizeof *s.band);
  paint_all(&s, c);
  sbnn_color *color = sbnn_alloc((size_t)b->bands, sizeof *color);
  for (int i = 0; i < b->bands; i++) color[i] = sbnn_band_color(b, i);
  uint32_t *pixels = sbnn_alloc((size_t)columns * (size_t)rows, sizeof *pixels);
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < columns; j++)
      pixels[(size_t)i * (size_t)columns + (size_t)j] = pixel(&s, j, i, color);
  free(color);
  free(s.band);
  return pixels;
}
