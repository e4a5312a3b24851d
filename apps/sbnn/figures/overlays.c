/* overlays.c - figure 1c: map in the middle, overlays left and right (overlays.h). */
#include "figures/overlays.h"

#include "figures/contour.h"
#include "figures/palette.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Points. Three panels and their gaps on either side of the map fill 180 mm. */
#define WIDTH     (180 * SBNN_PT_PER_MM)
#define MARGIN    4.0
#define PANEL     49.0
#define PANEL_GAP 5.0
#define SIDE      (3 * PANEL + 2 * PANEL_GAP)
#define BLOCK_GAP 14.0
#define HEADING   13.0
#define LINE      8.5
#define BAR       34.0 /* height that the colour bar takes with its text */

enum { GRID = 3, IMAGE_DPI = 300, MAP_NAMES = 12 };

/* A figure whose triangulation and contour images are made before the first of its three files is drawn. */
typedef struct figure {
  const sbnn_overlays *spec;
  sbnn_bands bands;
  double lo, hi, shape; /* colour range; height over width of every panel */
  sbnn_axes window;     /* data ranges shared by map and panels */
  sbnn_triangles triangles;
  uint32_t *image[2][SBNN_OVERLAYS];
  int columns, rows;
  int title_lines[GRID]; /* by row of panels: names too long for a panel take two */
} figure;

static int shown(const sbnn_overlay_side *s) { return s->n < SBNN_OVERLAYS ? s->n : SBNN_OVERLAYS; }

static const sbnn_overlay_side *side_of(const figure *f, int side) {
  return side ? &f->spec->response : &f->spec->gene;
}

static double panel_height(const figure *f) { return PANEL * f->shape; }

/* From the top of the first row of panels to the top of row `row`; of row GRID, the height of all. */
static double row_top(const figure *f, int row) {
  double y = 0;
  for (int i = 0; i < row; i++) y += f->title_lines[i] * LINE + panel_height(f) + PANEL_GAP + (i < GRID - 1);
  return y;
}

static double top_of(const figure *f) { return MARGIN + (f->spec->title ? 14 : 0); }

static void draw_panel(sbnn_canvas *c, const figure *f, int side, int i, double x, double y) {
  const sbnn_overlay_side *s = side_of(f, side);
  const sbnn_type type = {.italic = side == 0, .across = SBNN_ALIGN_CENTER, .down = SBNN_ALIGN_END};
  char line[2][SBNN_TEXT];
  double h = panel_height(f), frame = y + f->title_lines[i / GRID] * LINE, room = PANEL + PANEL_GAP - 3;
  int lines = 1;
  if (f->title_lines[i / GRID] > 1) lines = sbnn_text_wrap(c, s->name[i], &type, room, line);
  else sbnn_text_fit(c, s->name[i], &type, room, line[0], sizeof line[0]);
  for (int j = 0; j < lines; j++)
    sbnn_canvas_text(c, x + PANEL / 2, frame - 2.5 - (lines - 1 - j) * LINE, line[j], &type);
  if (f->image[side][i]) {
    sbnn_canvas_image(c, x, frame, PANEL, h, &(sbnn_image){f->columns, f->rows, f->image[side][i]});
  } else { /* no triangulation: the cells themselves, in the same colours */
    sbnn_color *color = sbnn_alloc((size_t)f->spec->map.n, sizeof *color);
    for (int64_t j = 0; j < f->spec->map.n; j++)
      color[j] = sbnn_band_color(&f->bands, sbnn_band_of(&f->bands, s->value[j * s->n + i]));
    sbnn_map dots = f->spec->map;
    sbnn_axes a = f->window;
    a.x = x, a.y = frame, a.w = PANEL, a.h = h;
    dots.cell_color = color;
    sbnn_map_draw(c, &dots, &a, 0);
    free(color);
  }
  sbnn_canvas_frame(c, x, frame, PANEL, h, (sbnn_pen){SBNN_LIGHT_GREY, 0.5, SBNN_SOLID});
}

static void draw_side(sbnn_canvas *c, const figure *f, int side, double x) {
  const sbnn_overlay_side *s = side_of(f, side);
  const char *heading = s->heading ? s->heading : side ? "Responses (alloencoder)" : "Genes (autoencoder)";
  double y = top_of(f);
  sbnn_canvas_text(c, x + SIDE / 2, y, heading, &(sbnn_type){.bold = true, .across = SBNN_ALIGN_CENTER});
  for (int i = 0; i < shown(s); i++)
    draw_panel(c, f, side, i, x + (i % GRID) * (PANEL + PANEL_GAP), y + HEADING + row_top(f, i / GRID));
}

/* Between the grids, as tall as they are at most. */
static void draw_middle(sbnn_canvas *c, const figure *f, double x, double w) {
  const sbnn_map *m = &f->spec->map;
  char heading[64];
  double room = row_top(f, GRID) - PANEL_GAP - LINE - 4, top = top_of(f) + HEADING;
  sbnn_axes a = f->window;
  a.w = fmin(w - LINE, room / f->shape);
  a.h = a.w * f->shape;
  a.x = x + LINE + 0.5 * (w - LINE - a.w);
  a.y = top + 0.5 * (room - a.h);
  snprintf(heading, sizeof heading, "Latent space, n = %lld", (long long)m->n);
  const sbnn_type grey = {.across = SBNN_ALIGN_CENTER, .color = {0.3, 0.3, 0.3, 1}};
  sbnn_canvas_text(c, x + w / 2, top_of(f), heading, &(sbnn_type){.bold = true, .across = SBNN_ALIGN_CENTER});
  sbnn_map_draw(c, m, &a, MAP_NAMES);
  sbnn_canvas_frame(c, a.x, a.y, a.w, a.h, (sbnn_pen){SBNN_LIGHT_GREY, 0.5, SBNN_SOLID});
  sbnn_canvas_text(c, a.x + a.w / 2, a.y + a.h + 3, m->x_label ? m->x_label : "Bottleneck unit 1", &grey);
  sbnn_type turned = grey;
  turned.upward = true, turned.down = SBNN_ALIGN_END;
  sbnn_canvas_text(c, a.x - 3, a.y + a.h / 2, m->y_label ? m->y_label : "Bottleneck unit 2", &turned);
}

/* Each band reaches half under the next: no seams. The pointed ends say that values beyond the range take the
 * end colours. */
static void draw_bar(sbnn_canvas *c, const figure *f, double x, double y, double w) {
  const double h = 6, point = 5, middle = y + h / 2;
  int last = f->bands.bands - 1;
  sbnn_canvas_polygon(c, 3, (double[]){x, y, x, y + h, x - point, middle}, sbnn_band_color(&f->bands, 0));
  for (int i = 1; i < last; i++) {
    double left = w * (i - 1) / (last - 1), right = w * fmin(i + 0.5, last - 1) / (last - 1);
    sbnn_canvas_rect(c, x + left, y, right - left, h, sbnn_band_color(&f->bands, i));
  }
  sbnn_canvas_polygon(c, 3, (double[]){x + w, y, x + w, y + h, x + w + point, middle},
                      sbnn_band_color(&f->bands, last));
  const double outline[] = {x - point, middle, x,     y, x + w, y,         x + w + point,
                            middle,    x + w,  y + h, x, y + h, x - point, middle};
  sbnn_canvas_line(c, 7, outline, (sbnn_pen){SBNN_GREY, 0.4, SBNN_SOLID});
  sbnn_ticks t = sbnn_ticks_for(f->lo, f->hi, 5);
  for (int i = 0; i < t.count; i++) {
    char text[32];
    double at = x + w * (sbnn_tick_at(&t, i) - f->lo) / (f->hi - f->lo);
    sbnn_tick_text(&t, i, text);
    sbnn_canvas_line(c, 2, (double[]){at, y + h, at, y + h + 2}, (sbnn_pen){SBNN_BLACK, 0.6, SBNN_SOLID});
    sbnn_canvas_text(c, at, y + h + 4, text, &(sbnn_type){.across = SBNN_ALIGN_CENTER});
  }
  sbnn_canvas_text(c, x + w / 2, y + h + 13, f->spec->bar ? f->spec->bar : "Network prediction (z-score)",
                   &(sbnn_type){.across = SBNN_ALIGN_CENTER});
}

static void draw_figure(sbnn_canvas *c, const void *what) {
  const figure *f = what;
  double right = WIDTH - MARGIN - SIDE, middle = MARGIN + SIDE + BLOCK_GAP;
  if (f->spec->title)
    sbnn_canvas_text(c, MARGIN, MARGIN, f->spec->title, &(sbnn_type){.bold = true, .size = 8});
  draw_side(c, f, 0, MARGIN);
  draw_middle(c, f, middle, right - BLOCK_GAP - middle);
  draw_side(c, f, 1, right);
  draw_bar(c, f, WIDTH / 2 - 70, sbnn_canvas_height(c) - BAR + 4, 140);
}

int sbnn_overlays_triangles(const sbnn_map *m, const sbnn_axes *window, int masked, sbnn_triangles *out,
                            sbnn_error *e) {
  double *points = sbnn_alloc((size_t)m->n, 2 * sizeof *points);
  int32_t *row = sbnn_alloc((size_t)m->n, sizeof *row);
  int64_t n = 0;
  for (int64_t i = 0; i < m->n; i++) {
    if (!isfinite(m->z[2 * i]) || !isfinite(m->z[2 * i + 1])) continue;
    points[2 * n] = sbnn_axes_x(window, m->z[2 * i]);
    points[2 * n + 1] = -sbnn_axes_y(window, m->z[2 * i + 1]);
    row[n++] = (int32_t)i;
  }
  int status = sbnn_delaunay(n, points, out, e);
  int64_t wanted = masked > 0 ? masked : 50;
  int64_t most = out->n / 20; /* 50 of M1's 2400; of few cells' triangles as many would leave holes */
  sbnn_triangles_mask_longest(out, points, wanted < most ? wanted : most);
  for (int64_t i = 0; i < 3 * out->n; i++) out->corner[i] = row[out->corner[i]];
  free(row);
  free(points);
  return status;
}

static void paint(figure *f) {
  sbnn_window w = {f->window.x_lo, f->window.x_hi, f->window.y_lo, f->window.y_hi};
  f->columns = (int)lround(PANEL * IMAGE_DPI / 72);
  f->rows = (int)lround(panel_height(f) * IMAGE_DPI / 72);
  for (int side = 0; side < 2; side++) {
    const sbnn_overlay_side *s = side_of(f, side);
    for (int i = 0; i < shown(s); i++)
      f->image[side][i] = sbnn_contour_image(
          &(sbnn_contours){&f->triangles, f->spec->map.z, s->value + i, s->n, &f->bands, &w}, f->columns,
          f->rows);
  }
}

/* `levels` boundaries from lo to hi make levels - 1 bands; one more at either end extends the range. */
static void set_colors(figure *f) {
  int levels = f->spec->levels > 1 ? f->spec->levels : 40;
  bool given = f->spec->lo < f->spec->hi;
  f->lo = given ? f->spec->lo : -2, f->hi = given ? f->spec->hi : 2;
  double step = (f->hi - f->lo) / (levels - 1);
  f->bands = (sbnn_bands){f->lo - step, f->hi + step, levels + 1};
}

/* Twelve letters fit above a panel; a longer name, on either side, gives its row of panels a second line. */
static void set_title_lines(figure *f) {
  for (int i = 0; i < GRID; i++) f->title_lines[i] = 1;
  for (int side = 0; side < 2; side++)
    for (int i = 0; i < shown(side_of(f, side)); i++)
      if (strlen(side_of(f, side)->name[i]) > 12) f->title_lines[i / GRID] = 2;
}

int sbnn_figure_overlays(const char *directory, const char *name, const sbnn_overlays *what, sbnn_error *e) {
  figure f = {.spec = what, .window = {.w = 1, .h = 1}};
  if (!sbnn_figures_available() || !sbnn_map_window(&what->map, &f.window)) return SBNN_OK;
  f.shape = fmin(fmax(sbnn_map_shape(&what->map), 0.75), 1.2);
  f.window.h = f.shape;
  sbnn_map_window(&what->map, &f.window);
  set_colors(&f);
  set_title_lines(&f);
  int status = sbnn_overlays_triangles(&what->map, &f.window, what->masked, &f.triangles, e);
  if (status == SBNN_OK && f.triangles.n > 0) paint(&f);
  double height = top_of(&f) + HEADING + row_top(&f, GRID) + BAR;
  if (status == SBNN_OK)
    status = sbnn_figure_save(directory, name, (sbnn_page){WIDTH, height}, draw_figure, &f, e);
  for (int i = 0; i < 2 * SBNN_OVERLAYS; i++) free(f.image[i / SBNN_OVERLAYS][i % SBNN_OVERLAYS]);
  sbnn_triangles_free(&f.triangles);
  return status;
}
