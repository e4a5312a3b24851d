/* lines.c - see lines.h. */
#include "figures/lines.h"

#include "figures/axes.h"
#include "figures/palette.h"

#include <math.h>
#include <stdlib.h>

#define MARGIN 4.0

enum { MOST_KEYS = 33 };

/* A chart with its ranges settled, in the units of the axes (log10 where y_log). */
typedef struct chart {
  const sbnn_lines *spec;
  double x_lo, x_hi, y_lo, y_hi;
} chart;

static double on_axis(const sbnn_lines *s, double y) { return s->y_log ? (y > 0 ? log10(y) : NAN) : y; }

static void take(double v, double *lo, double *hi) {
  if (!isfinite(v)) return;
  *lo = fmin(*lo, v);
  *hi = fmax(*hi, v);
}

static void ranges(chart *k) {
  const sbnn_lines *s = k->spec;
  k->x_lo = k->y_lo = INFINITY, k->x_hi = k->y_hi = -INFINITY;
  for (int i = 0; i < s->n_lines; i++)
    for (int64_t j = 0; j < s->line[i].n; j++) {
      const sbnn_line *l = &s->line[i];
      double sd = l->sd && isfinite(l->sd[j]) ? l->sd[j] : 0;
      take(l->x[j], &k->x_lo, &k->x_hi);
      take(on_axis(s, l->y[j] - sd), &k->y_lo, &k->y_hi);
      take(on_axis(s, l->y[j] + sd), &k->y_lo, &k->y_hi);
    }
  double pad = k->y_hi > k->y_lo ? 0.05 * (k->y_hi - k->y_lo) : 0.5;
  k->y_lo = s->y_log ? floor(k->y_lo) : k->y_lo - pad;
  k->y_hi = s->y_log ? ceil(k->y_hi) : k->y_hi + pad;
}

static void draw_line(sbnn_canvas *c, const sbnn_axes *a, const sbnn_lines *s, const sbnn_line *l,
                      sbnn_color color) {
  size_t n = (size_t)l->n;
  double *value = sbnn_alloc(3 * n, sizeof *value), *lower = value + n, *upper = lower + n;
  for (size_t j = 0; j < n; j++) {
    value[j] = on_axis(s, l->y[j]);
    lower[j] = l->sd ? on_axis(s, l->y[j] - l->sd[j]) : NAN;
    upper[j] = l->sd ? on_axis(s, l->y[j] + l->sd[j]) : NAN;
  }
  if (l->sd) sbnn_axes_ribbon(c, a, &(sbnn_ribbon){l->n, l->x, lower, upper}, sbnn_color_alpha(color, 0.18));
  sbnn_axes_line(c, a, l->n, l->x, value, (sbnn_pen){color, 1.3, SBNN_SOLID});
  for (size_t j = 0; s->dots && j < n; j++)
    if (isfinite(value[j]))
      sbnn_canvas_discs(c, 1, (double[]){sbnn_axes_x(a, l->x[j]), sbnn_axes_y(a, value[j])}, 2, &color);
  free(value);
}

static void draw_mark(sbnn_canvas *c, const sbnn_axes *a, const sbnn_lines *s) {
  if (!(s->mark > a->x_lo && s->mark < a->x_hi)) return;
  double x = sbnn_axes_x(a, s->mark);
  sbnn_canvas_line(c, 2, (double[]){x, a->y, x, a->y + a->h}, (sbnn_pen){SBNN_GREY, 0.8, SBNN_DOTTED});
  if (s->mark_name)
    sbnn_canvas_text(c, x + 3, a->y + a->h - 3, s->mark_name,
                     &(sbnn_type){.down = SBNN_ALIGN_END, .color = {0.35, 0.35, 0.35, 1}});
}

static int legend_keys(const sbnn_lines *s, sbnn_key *keys) {
  int n = 0;
  bool bands = false;
  for (int i = 0; i < s->n_lines; i++) bands |= s->line[i].sd != NULL;
  for (int i = 0; i < s->n_lines && s->n_lines > 1 && n < MOST_KEYS - 1; i++)
    keys[n++] = (sbnn_key){s->line[i].name, {sbnn_line_color(i), 1.3, SBNN_SOLID}, false};
  if (bands) keys[n++] = (sbnn_key){"\u00b1 SD over folds", {SBNN_LIGHT_GREY, 6, SBNN_SOLID}, false};
  return n;
}

static void draw_chart(sbnn_canvas *c, const void *what) {
  const chart *k = what;
  const sbnn_lines *s = k->spec;
  sbnn_key keys[MOST_KEYS];
  int n_keys = legend_keys(s, keys);
  double width = sbnn_canvas_width(c), height = sbnn_canvas_height(c), inner = width - 2 * MARGIN - 4;
  double legend = sbnn_legend_height(c, inner, n_keys, keys);
  sbnn_axes a = {.x_lo = k->x_lo,
                 .x_hi = k->x_hi,
                 .y_lo = k->y_lo,
                 .y_hi = k->y_hi,
                 .x_label = s->x_label,
                 .y_label = s->y_label,
                 .x_whole = true,
                 .y_log = s->y_log};
  a.y = MARGIN + 4;
  a.h = height - a.y - sbnn_axes_below(&a) - legend - 4 - MARGIN;
  a.x = MARGIN + sbnn_axes_left(c, &a);
  a.w = width - a.x - 8 - MARGIN;
  draw_mark(c, &a, s);
  for (int i = 0; i < s->n_lines; i++) draw_line(c, &a, s, &s->line[i], sbnn_line_color(i));
  sbnn_axes_draw(c, &a);
  sbnn_legend(c, MARGIN + 4, height - MARGIN - legend, inner, n_keys, keys);
}

int sbnn_figure_lines(const char *directory, const char *name, const sbnn_lines *what, sbnn_error *e) {
  chart k = {.spec = what};
  ranges(&k);
  if (!(k.x_lo < k.x_hi) || !isfinite(k.y_lo) || !isfinite(k.y_hi)) return SBNN_OK;
  double width = 85 * SBNN_PT_PER_MM, height = 186 + 10.0 * (what->n_lines / 3);
  return sbnn_figure_save(directory, name, (sbnn_page){width, height}, draw_chart, &k, e);
}
