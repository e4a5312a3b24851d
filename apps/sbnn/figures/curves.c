/* curves.c - R2 and cross-entropy by epoch (curves.h). */
#include "figures/curves.h"

#include "figures/axes.h"
#include "figures/palette.h"

#include <math.h>
#include <stdlib.h>

/* Points: outer margin, room for one line of text, least distance of two reference labels. */
#define MARGIN    4.0
#define LINE      10.0
#define LABEL_GAP 9.0
#define LOWEST_R2 (-0.5)

enum { MOST_KEYS = 32, MOST_LEVELS = 12 };

/* A chart with its ranges settled. */
typedef struct chart {
  const sbnn_curves *spec;
  bool r2;
  double x_lo, x_hi, y_lo, y_hi;
} chart;

static void take(double v, double *lo, double *hi) {
  if (!isfinite(v)) return;
  *lo = fmin(*lo, v);
  *hi = fmax(*hi, v);
}

static void x_range(chart *k) {
  const sbnn_curves *s = k->spec;
  k->x_lo = INFINITY, k->x_hi = -INFINITY;
  for (int i = 0; i < s->n_curves; i++) {
    if (s->curve[i].n < 1) continue;
    take(s->curve[i].first_epoch - 1, &k->x_lo, &k->x_hi);
    take(s->curve[i].first_epoch + (double)s->curve[i].n - 1, &k->x_lo, &k->x_hi);
  }
}

static double spread(const double *sd, int64_t i) { return sd && isfinite(sd[i]) ? sd[i] : 0; }

/* Least and greatest of what is shown at epochs after `from`, bands included. */
static void values_after(const sbnn_curves *s, double from, double *lo, double *hi) {
  for (int i = 0; i < s->n_curves; i++) {
    const sbnn_curve *v = &s->curve[i];
    for (int64_t j = 0; j < v->n; j++) {
      if (v->first_epoch + (double)j <= from) continue;
      if (v->train) take(v->train[j], lo, hi);
      if (v->test) take(v->test[j], lo, hi);
      if (v->train) take(v->train[j] + spread(v->train_sd, j), lo, hi);
      if (v->test) take(v->test[j] + spread(v->test_sd, j), lo, hi);
    }
  }
}

static void y_range_r2(chart *k) {
  double lo = INFINITY, hi = -INFINITY, ignored = INFINITY;
  values_after(k->spec, k->x_lo + 0.1 * (k->x_hi - k->x_lo), &lo, &hi);
  values_after(k->spec, k->x_lo, &ignored, &hi);
  for (int i = 0; i < k->spec->n_levels; i++) take(k->spec->level[i].value, &lo, &hi);
  double below = lo - 0.5 * (hi - lo); /* curves that stay far above 0 fill the frame */
  k->y_lo = lo < 0 ? fmax(1.05 * lo, LOWEST_R2) : below > 0.25 * hi ? below : 0;
  k->y_hi = fmax(hi + 0.05 * (hi - k->y_lo), 0.1);
}

static void y_range_loss(chart *k) {
  double lo = INFINITY, hi = -INFINITY;
  values_after(k->spec, k->x_lo, &lo, &hi);
  double pad = hi > lo ? 0.05 * (hi - lo) : 0.5;
  k->y_lo = lo - pad < 0 && lo >= 0 ? 0 : lo - pad;
  k->y_hi = hi + pad;
}

static double *epochs_of(const sbnn_curve *v) {
  double *x = sbnn_alloc((size_t)v->n, sizeof *x);
  for (int64_t i = 0; i < v->n; i++) x[i] = v->first_epoch + (double)i;
  return x;
}

static void draw_band(sbnn_canvas *c, const sbnn_axes *a, const sbnn_curve *v, const double *mean,
                      const double *sd, sbnn_color color) {
  if (!mean || !sd) return;
  double *x = epochs_of(v), *edges = sbnn_alloc((size_t)v->n, 2 * sizeof *edges);
  for (int64_t i = 0; i < v->n; i++) {
    edges[i] = mean[i] - sd[i];
    edges[v->n + i] = mean[i] + sd[i];
  }
  sbnn_axes_ribbon(c, a, &(sbnn_ribbon){v->n, x, edges, edges + v->n}, sbnn_color_alpha(color, 0.18));
  free(edges);
  free(x);
}

static void draw_curve(sbnn_canvas *c, const sbnn_axes *a, const sbnn_curve *v, sbnn_color color) {
  double *x = epochs_of(v);
  if (v->train) sbnn_axes_line(c, a, v->n, x, v->train, (sbnn_pen){color, 0.9, SBNN_DASHED});
  if (v->test) sbnn_axes_line(c, a, v->n, x, v->test, (sbnn_pen){color, 1.3, SBNN_SOLID});
  free(x);
  if (v->n != 1) return; /* a line through one point does not show */
  double at = sbnn_axes_x(a, v->first_epoch);
  if (v->train)
    sbnn_canvas_discs(c, 1, (double[]){at, sbnn_axes_y(a, fmax(v->train[0], a->y_lo))}, 1.5, &color);
  if (v->test) sbnn_canvas_discs(c, 1, (double[]){at, sbnn_axes_y(a, fmax(v->test[0], a->y_lo))}, 2, &color);
}

/* The lowest point of a validation curve: the weights that `--pretrain-weights best` takes. */
static void mark_lowest(sbnn_canvas *c, const sbnn_axes *a, const sbnn_curve *v, sbnn_color color) {
  int64_t best = -1;
  for (int64_t i = 0; v->test && i < v->n; i++)
    if (isfinite(v->test[i]) && (best < 0 || v->test[i] < v->test[best])) best = i;
  if (best < 0) return;
  double at[2] = {sbnn_axes_x(a, v->first_epoch + (double)best), sbnn_axes_y(a, v->test[best])};
  sbnn_canvas_discs(c, 1, at, 2.8, &(sbnn_color){1, 1, 1, 1});
  sbnn_canvas_discs(c, 1, at, 2.2, &color);
}

/* Names stand in the two lines above the frame, lines at the boundaries within it. */
static void draw_phases(sbnn_canvas *c, const sbnn_axes *a, const sbnn_curves *s) {
  const sbnn_type type = {
      .across = SBNN_ALIGN_CENTER, .down = SBNN_ALIGN_END, .color = {0.35, 0.35, 0.35, 1}};
  for (int i = 0; i < s->n_phases; i++) {
    const sbnn_phase *p = &s->phase[i];
    double from = sbnn_axes_x(a, fmax(p->from, a->x_lo)), to = sbnn_axes_x(a, fmin(p->to, a->x_hi));
    if (to <= from) continue;
    if (from > a->x + 1)
      sbnn_canvas_line(c, 2, (double[]){from, a->y - 3, from, a->y + a->h},
                       (sbnn_pen){SBNN_LIGHT_GREY, 0.6, SBNN_SOLID});
    char line[2][SBNN_TEXT];
    int lines = p->name ? sbnn_text_wrap(c, p->name, &type, to - from - 3, line) : 0;
    for (int j = 0; j < lines; j++)
      sbnn_canvas_text(c, (from + to) / 2, a->y - 4 - (lines - 1 - j) * LABEL_GAP, line[j], &type);
  }
}

static bool shown(const sbnn_axes *a, double value) { return value >= a->y_lo && value <= a->y_hi; }

/* The levels that show, greatest first; returns how many. */
static int sorted_levels(const sbnn_axes *a, const sbnn_curves *s, const sbnn_level **out) {
  int n = 0;
  for (int i = 0; i < s->n_levels && n < MOST_LEVELS; i++) {
    if (!shown(a, s->level[i].value)) continue;
    int j = n++;
    for (; j > 0 && out[j - 1]->value < s->level[i].value; j--) out[j] = out[j - 1];
    out[j] = &s->level[i];
  }
  return n;
}

/* Labels right of the frame, moved apart where levels are close: first down, then up from the lower end. */
static void draw_level_names(sbnn_canvas *c, const sbnn_axes *a, const sbnn_curves *s, double room) {
  const sbnn_level *level[MOST_LEVELS];
  double y[MOST_LEVELS], limit = a->y + a->h - 2;
  int n = sorted_levels(a, s, level);
  for (int i = 0; i < n; i++) y[i] = fmax(sbnn_axes_y(a, level[i]->value), i ? y[i - 1] + LABEL_GAP : a->y);
  for (int i = n - 1; i >= 0; i--, limit -= LABEL_GAP) limit = y[i] = fmin(y[i], limit);
  const sbnn_type type = {.down = SBNN_ALIGN_CENTER, .color = {0.35, 0.35, 0.35, 1}};
  for (int i = 0; i < n; i++) {
    char text[SBNN_TEXT];
    double at = sbnn_axes_y(a, level[i]->value);
    sbnn_text_fit(c, level[i]->name, &type, room, text, sizeof text);
    sbnn_canvas_text(c, a->x + a->w + 6, y[i], text, &type);
    sbnn_canvas_line(c, 2, (double[]){a->x + a->w, at, a->x + a->w + 4.5, y[i]},
                     (sbnn_pen){SBNN_GREY, 0.6, SBNN_SOLID});
  }
}

static void draw_levels(sbnn_canvas *c, const sbnn_axes *a, const sbnn_curves *s) {
  for (int i = 0; i < s->n_levels; i++) {
    double y = sbnn_axes_y(a, s->level[i].value);
    if (shown(a, s->level[i].value))
      sbnn_canvas_line(c, 2, (double[]){a->x, y, a->x + a->w, y}, (sbnn_pen){SBNN_GREY, 0.8, SBNN_DOTTED});
  }
}

static bool any_train(const sbnn_curves *s) {
  for (int i = 0; i < s->n_curves; i++)
    if (s->curve[i].train) return true;
  return false;
}

static bool any_test(const sbnn_curves *s) {
  for (int i = 0; i < s->n_curves; i++)
    if (s->curve[i].test) return true;
  return false;
}

static bool any_band(const sbnn_curves *s) {
  for (int i = 0; i < s->n_curves; i++)
    if (s->curve[i].train_sd || s->curve[i].test_sd) return true;
  return false;
}

static int legend_keys(const chart *k, sbnn_key *keys) {
  const sbnn_curves *s = k->spec;
  int n = 0;
  for (int i = 0; i < s->n_curves && s->n_curves > 1 && n < MOST_KEYS - 4; i++)
    if (s->curve[i].name)
      keys[n++] = (sbnn_key){s->curve[i].name, {sbnn_line_color(i), 1.3, SBNN_SOLID}, false};
  const sbnn_color grey = s->n_curves > 1 ? (sbnn_color){0.3, 0.3, 0.3, 1} : sbnn_line_color(0);
  const char *test = s->test_name ? s->test_name : k->r2 ? "test" : "validation";
  if (any_test(s)) keys[n++] = (sbnn_key){test, {grey, 1.3, SBNN_SOLID}, false};
  if (any_train(s)) keys[n++] = (sbnn_key){"train", {grey, 0.9, SBNN_DASHED}, false};
  if (any_band(s)) keys[n++] = (sbnn_key){"\u00b1 SD over folds", {SBNN_LIGHT_GREY, 6, SBNN_SOLID}, false};
  if (!k->r2 && any_test(s)) keys[n++] = (sbnn_key){"lowest", {grey, 0, SBNN_SOLID}, true};
  return n;
}

/* Room right of the frame: the longest level name, at most a third of the width. */
static double right_room(sbnn_canvas *c, const sbnn_curves *s) {
  double room = 0;
  for (int i = 0; i < s->n_levels; i++)
    room = fmax(room, sbnn_canvas_text_width(c, s->level[i].name, &(sbnn_type){0}));
  return fmin(room, sbnn_canvas_width(c) / 3);
}

/* Title, phase names, frame, axis, legend from top to bottom; the frame gets the height that is left. */
static sbnn_axes layout(sbnn_canvas *c, const chart *k, double legend, double room) {
  const sbnn_curves *s = k->spec;
  const char *x_label = s->x_label ? s->x_label : k->r2 ? "Epoch after pretraining" : "Epoch";
  sbnn_axes a = {.x_lo = k->x_lo,
                 .x_hi = k->x_hi,
                 .y_lo = k->y_lo,
                 .y_hi = k->y_hi,
                 .x_label = x_label,
                 .x_whole = true};
  a.y_label = k->r2 ? "R\u00b2" : "Cross-entropy (nats)";
  double width = sbnn_canvas_width(c), height = sbnn_canvas_height(c);
  a.y = MARGIN + (s->title ? LINE + 4 : 0) + (s->n_phases ? 2 * LABEL_GAP + 2 : 4);
  a.h = height - a.y - sbnn_axes_below(&a) - legend - 4 - MARGIN;
  a.x = MARGIN + sbnn_axes_left(c, &a);
  a.w = width - a.x - (room > 0 ? room + 6 : 6) - MARGIN;
  return a;
}

static void draw_chart(sbnn_canvas *c, const void *what) {
  const chart *k = what;
  const sbnn_curves *s = k->spec;
  sbnn_key keys[MOST_KEYS];
  int n_keys = legend_keys(k, keys);
  double inner = sbnn_canvas_width(c) - 2 * MARGIN - 4, room = right_room(c, s);
  double legend = sbnn_legend_height(c, inner, n_keys, keys);
  sbnn_axes a = layout(c, k, legend, room);
  draw_phases(c, &a, s);
  draw_levels(c, &a, s);
  for (int i = 0; i < s->n_curves; i++) {
    draw_band(c, &a, &s->curve[i], s->curve[i].train, s->curve[i].train_sd, sbnn_line_color(i));
    draw_band(c, &a, &s->curve[i], s->curve[i].test, s->curve[i].test_sd, sbnn_line_color(i));
  }
  for (int i = 0; i < s->n_curves; i++) draw_curve(c, &a, &s->curve[i], sbnn_line_color(i));
  for (int i = 0; i < s->n_curves && !k->r2; i++) mark_lowest(c, &a, &s->curve[i], sbnn_line_color(i));
  sbnn_axes_draw(c, &a);
  draw_level_names(c, &a, s, room);
  sbnn_legend(c, MARGIN + 4, sbnn_canvas_height(c) - MARGIN - legend, inner, n_keys, keys);
  if (s->title) sbnn_canvas_text(c, MARGIN + 4, MARGIN + 2, s->title, &(sbnn_type){.bold = true, .size = 8});
}

static int save(const char *directory, const char *name, chart *k, sbnn_error *e) {
  x_range(k);
  if (!(k->x_lo < k->x_hi)) return SBNN_OK;
  if (k->r2) y_range_r2(k);
  else y_range_loss(k);
  if (!isfinite(k->y_lo) || !isfinite(k->y_hi)) return SBNN_OK; /* nothing finite to show */
  double width = (k->spec->width_mm > 0 ? k->spec->width_mm : 85) * SBNN_PT_PER_MM;
  double height = 150 + 0.15 * width + (k->spec->title ? LINE + 4 : 0) + LINE * (k->spec->n_curves / 3);
  return sbnn_figure_save(directory, name, (sbnn_page){width, height}, draw_chart, k, e);
}

int sbnn_figure_r2(const char *directory, const char *name, const sbnn_curves *what, sbnn_error *e) {
  return save(directory, name, &(chart){.spec = what, .r2 = true}, e);
}

int sbnn_figure_cross_entropy(const char *directory, const char *name, const sbnn_curves *what,
                              sbnn_error *e) {
  return save(directory, name, &(chart){.spec = what, .r2 = false}, e);
}
