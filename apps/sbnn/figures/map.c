/* map.c - the latent map (map.h). */
#include "figures/map.h"

#include "figures/axes.h"
#include "figures/labels.h"
#include "figures/palette.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Points. Labels to place: more than DIRECT of them become numbers with a legend. */
#define MARGIN       4.0
#define LINE         9.5
#define COLUMN_WIDTH 118.0
enum { DIRECT = 12, MOST_COLUMNS = 3, MOST_UNEQUAL = 4 };

typedef struct group {
  int label;
  int64_t n;
  double x, y;               /* the cell nearest to the group's median, data units */
  double extent_x, extent_y; /* nine of ten cells are this near to it */
} group;

static bool finite_cell(const sbnn_map *m, int64_t i) {
  return isfinite(m->z[2 * i]) && isfinite(m->z[2 * i + 1]);
}

static int label_of(const sbnn_map *m, int64_t i) {
  return m->label && m->label[i] >= 0 && m->label[i] < m->n_labels ? m->label[i] : -1;
}

/* Ranges of the finite cells with a margin; false when there is no such cell. */
static bool data_range(const sbnn_map *m, sbnn_axes *a) {
  double lo[2] = {INFINITY, INFINITY}, hi[2] = {-INFINITY, -INFINITY}, pad[2];
  for (int64_t i = 0; i < m->n; i++)
    for (int k = 0; k < 2 && finite_cell(m, i); k++) {
      lo[k] = fmin(lo[k], m->z[2 * i + k]);
      hi[k] = fmax(hi[k], m->z[2 * i + k]);
    }
  double size = fmax(hi[0] - lo[0], hi[1] - lo[1]);
  if (!isfinite(size)) return false;
  for (int k = 0; k < 2; k++) pad[k] = 0.04 * (hi[k] > lo[k] ? hi[k] - lo[k] : size > 0 ? size : 25);
  a->x_lo = lo[0] - pad[0], a->x_hi = hi[0] + pad[0];
  a->y_lo = lo[1] - pad[1], a->y_hi = hi[1] + pad[1];
  return true;
}

/* Height over width in data units; beyond MOST_UNEQUAL either way equal scales would show a line. */
static double natural_shape(const sbnn_axes *a) { return (a->y_hi - a->y_lo) / (a->x_hi - a->x_lo); }
static bool equal_scales(const sbnn_axes *a) {
  return natural_shape(a) <= MOST_UNEQUAL && natural_shape(a) >= 1.0 / MOST_UNEQUAL;
}

double sbnn_map_shape(const sbnn_map *m) {
  sbnn_axes a;
  return data_range(m, &a) && equal_scales(&a) ? natural_shape(&a) : 0.8;
}

bool sbnn_map_window(const sbnn_map *m, sbnn_axes *a) {
  if (!data_range(m, a)) return false;
  if (equal_scales(a)) sbnn_axes_equal(a);
  return true;
}

/* Drawing order: cells of one label often stand together in the table, and the last label would cover the
 * others. A fixed shuffle (the splitmix64 sequence), the same in every file. */
static int64_t *shuffled(int64_t n) {
  int64_t *order = sbnn_alloc((size_t)n, sizeof *order);
  uint64_t state = 0;
  for (int64_t i = 0; i < n; i++) {
    uint64_t r = (state += 0x9E3779B97F4A7C15u);
    r = (r ^ r >> 30) * 0xBF58476D1CE4E5B9u;
    r = (r ^ r >> 27) * 0x94D049BB133111EBu;
    int64_t j = (int64_t)((r ^ r >> 31) % (uint64_t)(i + 1));
    order[i] = order[j];
    order[j] = i;
  }
  return order;
}

static sbnn_color *label_colors(const sbnn_map *m) {
  int n = m->n_labels > 0 ? m->n_labels : 1;
  sbnn_color *color = sbnn_alloc((size_t)n, sizeof *color);
  sbnn_palette(n, color);
  for (int i = 0; i < m->n_labels && m->label_color; i++) color[i] = m->label_color[i];
  return color;
}

static sbnn_color cell_color(const sbnn_map *m, const sbnn_color *palette, int64_t i) {
  if (m->cell_color) return m->cell_color[i];
  if (!m->label || m->n_labels < 1) return palette[0];
  int label = label_of(m, i);
  return label < 0 ? SBNN_GREY : palette[label];
}

static void draw_cells(sbnn_canvas *c, const sbnn_map *m, const sbnn_axes *a, const sbnn_color *palette) {
  double decades = fmax(0, log10((double)m->n) - 3), shrink = fmin(1, sqrt(a->w / 200));
  double radius = shrink * fmin(fmax(7 * pow((double)m->n, -0.26), 0.35), 1.8), alpha = 0.85 - 0.15 * decades;
  double *xy = sbnn_alloc((size_t)m->n, 2 * sizeof *xy);
  sbnn_color *color = sbnn_alloc((size_t)m->n, sizeof *color);
  int64_t *order = shuffled(m->n);
  for (int64_t i = 0; i < m->n; i++) {
    int64_t j = order[i];
    xy[2 * i] = sbnn_axes_x(a, m->z[2 * j]);
    xy[2 * i + 1] = sbnn_axes_y(a, m->z[2 * j + 1]);
    color[i] = sbnn_color_alpha(cell_color(m, palette, j), fmax(alpha, 0.3));
  }
  sbnn_canvas_clip(c, a->x, a->y, a->w, a->h);
  sbnn_canvas_discs(c, m->n, xy, radius, color);
  sbnn_canvas_unclip(c);
  free(order);
  free(color);
  free(xy);
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double quantile(double *v, int64_t n, double q) {
  qsort(v, (size_t)n, sizeof *v, ascending);
  return v[(int64_t)(q * (double)(n - 1) + 0.5)];
}

/* Coordinate k of the group's cells, or its distance from `origin`; returns how many. */
static int64_t coordinates(const sbnn_map *m, int label, int k, const double *origin, double *out) {
  int64_t n = 0;
  for (int64_t i = 0; i < m->n; i++) {
    if (label_of(m, i) != label || !finite_cell(m, i)) continue;
    double v = m->z[2 * i + k];
    out[n++] = origin ? fabs(v - *origin) : v;
  }
  return n;
}

/* The median of both coordinates may lie in a hole of a bent group: the centre is the cell nearest to it. */
static void centre(const sbnn_map *m, group *g, double *buffer) {
  double x = quantile(buffer, coordinates(m, g->label, 0, NULL, buffer), 0.5);
  double y = quantile(buffer, coordinates(m, g->label, 1, NULL, buffer), 0.5), best = INFINITY;
  for (int64_t i = 0; i < m->n; i++) {
    if (label_of(m, i) != g->label || !finite_cell(m, i)) continue;
    double d = hypot(m->z[2 * i] - x, m->z[2 * i + 1] - y);
    if (d < best) best = d, g->x = m->z[2 * i], g->y = m->z[2 * i + 1];
  }
  g->extent_x = quantile(buffer, coordinates(m, g->label, 0, &g->x, buffer), 0.9);
  g->extent_y = quantile(buffer, coordinates(m, g->label, 1, &g->y, buffer), 0.9);
}

static int larger_first(const void *a, const void *b) {
  const group *x = a, *y = b;
  if (x->n != y->n) return x->n < y->n ? 1 : -1;
  return x->label - y->label;
}

/* The labels that have cells, largest first; the caller frees. Centres of the first `centred` are found. */
static group *groups_of(const sbnn_map *m, int centred, int *count) {
  group *g = sbnn_alloc((size_t)m->n_labels, sizeof *g);
  for (int i = 0; i < m->n_labels; i++) g[i].label = i;
  for (int64_t i = 0; i < m->n; i++)
    if (label_of(m, i) >= 0 && finite_cell(m, i)) g[label_of(m, i)].n++;
  qsort(g, (size_t)m->n_labels, sizeof *g, larger_first);
  *count = 0;
  while (*count < m->n_labels && g[*count].n > 0) ++*count;
  double *buffer = sbnn_alloc((size_t)m->n, sizeof *buffer);
  for (int i = 0; i < *count && i < centred; i++) centre(m, &g[i], buffer);
  free(buffer);
  return g;
}

/* Dark enough to read on white. */
static sbnn_color text_color(sbnn_color k) {
  double light = 0.2126 * k.r + 0.7152 * k.g + 0.0722 * k.b;
  return sbnn_color_mix(k, SBNN_BLACK, light > 0.4 ? 0.55 : 0.35);
}

/* In the middle of a group that stays visible around its label; above one that would be hidden, and above the
 * middle cell where there are only a few. */
static sbnn_label label_for(sbnn_canvas *c, const sbnn_axes *a, const group *g, const char *text,
                            const sbnn_type *type) {
  sbnn_label l = {.text = text, .at_x = sbnn_axes_x(a, g->x), .at_y = sbnn_axes_y(a, g->y)};
  l.w = sbnn_canvas_text_width(c, text, type), l.h = sbnn_type_height(type) + 1.5;
  double wide = 2 * g->extent_x * a->w / (a->x_hi - a->x_lo),
         high = 2 * g->extent_y * a->h / (a->y_hi - a->y_lo);
  bool hidden = l.w * l.h > 0.25 * wide * high, sparse = g->n < 12;
  l.want_x = l.at_x;
  l.want_y = l.at_y;
  if (hidden || sparse) l.want_y -= 0.5 * l.h + 2 + fmin(0.5 * high, sparse ? 2 : high);
  return l;
}

/* Names, names of as many as there is room for, or numbers. */
typedef enum naming { ALL_NAMES, SOME_NAMES, NUMBERS } naming;

/* At the groups; where they cannot all be placed, those of the smallest groups go. */
static void draw_labels(sbnn_canvas *c, const sbnn_map *m, const sbnn_axes *a, const group *g, int n,
                        naming how) {
  const sbnn_type type = {.bold = true};
  sbnn_label *label = sbnn_alloc((size_t)n, sizeof *label);
  char(*text)[SBNN_TEXT] = sbnn_alloc((size_t)n, sizeof *text);
  sbnn_color *palette = label_colors(m);
  for (int i = 0; i < n; i++) {
    if (how == NUMBERS) snprintf(text[i], sizeof text[i], "%d", i + 1);
    else sbnn_text_fit(c, m->label_name[g[i].label], &type, 0.45 * a->w, text[i], sizeof text[i]);
    label[i] = label_for(c, a, &g[i], text[i], &type);
    /* Dots with colours of their own say nothing of the palette's. */
    label[i].color = m->cell_color && !m->label_color ? SBNN_BLACK : text_color(palette[g[i].label]);
  }
  if (how == SOME_NAMES) n = sbnn_labels_thin(n, label);
  while (n > 0 && !sbnn_labels_place(n, label, a->x + 1, a->y + 1, a->w - 2, a->h - 2)) n--;
  sbnn_labels_draw(c, n, label, &type);
  free(palette);
  free(text);
  free(label);
}

void sbnn_map_draw(sbnn_canvas *c, const sbnn_map *m, const sbnn_axes *a, int most_names) {
  sbnn_color *palette = label_colors(m);
  draw_cells(c, m, a, palette);
  free(palette);
  if (m->n_labels < 1 || !m->label) return;
  int count;
  group *g = groups_of(m, most_names, &count);
  bool all = count <= most_names;
  draw_labels(c, m, a, g, all ? count : most_names, all ? ALL_NAMES : SOME_NAMES);
  free(g);
}

/* A map with its page settled before anything is drawn. */
typedef struct page {
  const sbnn_map *map;
  sbnn_axes window; /* data ranges only */
  group *group;
  int groups, rows, columns;
  double map_width;
} page;

static void draw_legend(sbnn_canvas *c, const page *p, double x, double y) {
  sbnn_color *palette = label_colors(p->map);
  int most = p->rows * p->columns, n = p->groups > most ? most - 1 : p->groups;
  char text[SBNN_TEXT], number[16];
  const sbnn_type type = {.down = SBNN_ALIGN_CENTER};
  for (int i = 0; i < n; i++) {
    double left = x + COLUMN_WIDTH * (i / p->rows), middle = y + LINE * (i % p->rows + 0.5);
    snprintf(number, sizeof number, "%d", i + 1);
    sbnn_text_fit(c, p->map->label_name[p->group[i].label], &type, COLUMN_WIDTH - 26, text, sizeof text);
    sbnn_canvas_discs(c, 1, (double[]){left + 3, middle}, 2.2, &palette[p->group[i].label]);
    sbnn_canvas_text(c, left + 17, middle, number,
                     &(sbnn_type){.bold = true, .down = SBNN_ALIGN_CENTER, .across = SBNN_ALIGN_END});
    sbnn_canvas_text(c, left + 20, middle, text, &type);
  }
  if (n < p->groups) {
    snprintf(text, sizeof text, "and %d more", p->groups - n);
    sbnn_canvas_text(c, x + COLUMN_WIDTH * (p->columns - 1), y + LINE * (p->rows - 0.5), text, &type);
  }
  free(palette);
}

static void draw_page(sbnn_canvas *c, const void *what) {
  const page *p = what;
  const sbnn_map *m = p->map;
  sbnn_axes a = p->window;
  a.x_label = m->x_label ? m->x_label : "Bottleneck unit 1";
  a.y_label = m->y_label ? m->y_label : "Bottleneck unit 2";
  a.y = MARGIN + (m->title ? 14 : 2);
  a.h = sbnn_canvas_height(c) - a.y - sbnn_axes_below(&a) - MARGIN;
  a.x = MARGIN + sbnn_axes_left(c, &a);
  a.w = p->map_width - a.x - MARGIN - 4;
  sbnn_map_window(m, &a);
  bool direct = p->columns == 0;
  sbnn_map_draw(c, m, &a, direct ? DIRECT : 0);
  int listed = p->rows * p->columns;
  if (!direct) draw_labels(c, m, &a, p->group, p->groups > listed ? listed - 1 : p->groups, NUMBERS);
  sbnn_axes_draw(c, &a);
  if (!direct) draw_legend(c, p, p->map_width + 4, a.y);
  if (m->title) sbnn_canvas_text(c, MARGIN + 4, MARGIN + 2, m->title, &(sbnn_type){.bold = true, .size = 8});
}

int sbnn_figure_map(const char *directory, const char *name, const sbnn_map *m, sbnn_error *e) {
  page p = {.map = m};
  if (m->n < 1 || !data_range(m, &p.window)) return SBNN_OK;
  p.map_width = (m->width_mm > 0 ? m->width_mm : 85) * SBNN_PT_PER_MM;
  /* The frame follows the cells' own shape within reason; 35 x 40 points go to labels and ticks. */
  double height = 40 + (p.map_width - 35) * fmin(fmax(sbnn_map_shape(m), 0.7), 1.1) + (m->title ? 12 : 0),
         width = p.map_width;
  if (m->label && m->n_labels > 0) p.group = groups_of(m, m->n_labels, &p.groups);
  if (p.groups > DIRECT) {
    p.rows = (int)((height - 45) / LINE);
    p.columns = (p.groups + p.rows - 1) / p.rows;
    if (p.columns > MOST_COLUMNS) p.columns = MOST_COLUMNS;
    width += p.columns * COLUMN_WIDTH + MARGIN;
  }
  int status = sbnn_figure_save(directory, name, (sbnn_page){width, height}, draw_page, &p, e);
  free(p.group);
  return status;
}
