/* axes.c - ticks, transforms, axes, legends (axes.h). */
#include "figures/axes.h"

#include "figures/palette.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Points: tick length, gap between tick and text, line width of axes, gap between legend keys. */
#define TICK      2.5
#define GAP       2.0
#define SPINE     0.6
#define KEY       16.0
#define KEY_GAP   10.0
#define LINE_STEP 10.0

static int ticks_inside(double lo, double hi, double step) {
  return (int)(floor(hi / step + 1e-9) - ceil(lo / step - 1e-9)) + 1;
}

sbnn_ticks sbnn_ticks_for(double lo, double hi, int most) {
  sbnn_ticks t = {0};
  if (!(lo < hi) || !isfinite(hi - lo) || most < 2) return t;
  int power = (int)floor(log10((hi - lo) / most)), size = 0;
  static const double sizes[] = {1, 2, 5};
  t.step = pow(10, power);
  while (ticks_inside(lo, hi, t.step) > most) {
    if (++size == 3) size = 0, power++;
    t.step = sizes[size] * pow(10, power);
  }
  t.count = ticks_inside(lo, hi, t.step);
  t.first = ceil(lo / t.step - 1e-9) * t.step;
  t.decimals = power < 0 ? -power : 0;
  return t;
}

double sbnn_tick_at(const sbnn_ticks *t, int i) {
  double index = round(t->first / t->step) + i; /* whole steps from zero: no rounding errors pile up */
  return index == 0 ? 0 : index * t->step;
}

void sbnn_tick_text(const sbnn_ticks *t, int i, char *text) {
  double v = sbnn_tick_at(t, i);
  const char *sign = v < 0 ? "\u2212" : "";
  if (t->decimals > 5 || fabs(v) >= 1e6) snprintf(text, 32, "%s%g", sign, fabs(v));
  else snprintf(text, 32, "%s%.*f", sign, t->decimals, fabs(v));
}

double sbnn_axes_x(const sbnn_axes *a, double x) { return a->x + a->w * (x - a->x_lo) / (a->x_hi - a->x_lo); }
double sbnn_axes_y(const sbnn_axes *a, double y) { return a->y + a->h * (a->y_hi - y) / (a->y_hi - a->y_lo); }

static void widen(double *lo, double *hi, double range) {
  double middle = 0.5 * (*lo + *hi);
  *lo = middle - 0.5 * range;
  *hi = middle + 0.5 * range;
}

void sbnn_axes_equal(sbnn_axes *a) {
  double unit = fmax((a->x_hi - a->x_lo) / a->w, (a->y_hi - a->y_lo) / a->h);
  widen(&a->x_lo, &a->x_hi, unit * a->w);
  widen(&a->y_lo, &a->y_hi, unit * a->h);
}

/* About one tick every 35 points across, every 22 up. */
static sbnn_ticks x_ticks(const sbnn_axes *a) {
  int most = 2 + (int)(a->w / 35);
  if (a->x_whole && a->x_hi - a->x_lo < most) most = (int)fmax(2, a->x_hi - a->x_lo + 1);
  return sbnn_ticks_for(a->x_lo, a->x_hi, most);
}
static sbnn_ticks y_ticks(const sbnn_axes *a) {
  sbnn_ticks t = sbnn_ticks_for(a->y_lo, a->y_hi, 2 + (int)(a->h / 22));
  if (!a->y_log || t.step >= 1) return t;
  return (sbnn_ticks){.first = ceil(a->y_lo), .step = 1, .count = (int)(floor(a->y_hi) - ceil(a->y_lo)) + 1};
}

/* A power of ten with its exponent raised. */
static void power_text(int power, char *text) {
  static const char *const raised[] = {"\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074",
                                       "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
  char digits[16];
  size_t used = (size_t)snprintf(text, 32, "10%s", power < 0 ? "\u207b" : "");
  snprintf(digits, sizeof digits, "%d", abs(power));
  for (const char *d = digits; *d && used < 28; d++)
    used += (size_t)snprintf(text + used, 32 - used, "%s", raised[*d - '0']);
}

static void y_tick_text(const sbnn_axes *a, const sbnn_ticks *t, int i, char *text) {
  if (a->y_log) power_text((int)lround(sbnn_tick_at(t, i)), text);
  else sbnn_tick_text(t, i, text);
}

static double widest_tick(sbnn_canvas *c, const sbnn_axes *a, const sbnn_ticks *t) {
  double widest = 0;
  char text[32];
  for (int i = 0; i < t->count; i++) {
    y_tick_text(a, t, i, text);
    widest = fmax(widest, sbnn_canvas_text_width(c, text, &(sbnn_type){0}));
  }
  return widest;
}

double sbnn_axes_left(sbnn_canvas *c, const sbnn_axes *a) {
  if (!a->y_label) return SPINE;
  sbnn_ticks t = y_ticks(a);
  return TICK + GAP + widest_tick(c, a, &t) + 2 * GAP + SBNN_FONT_PT;
}

double sbnn_axes_below(const sbnn_axes *a) {
  return a->x_label ? TICK + GAP + 2 * sbnn_type_height(&(sbnn_type){0}) + 2.5 * GAP + 2 : SPINE;
}

static void segment(sbnn_canvas *c, double x0, double y0, double x1, double y1) {
  sbnn_canvas_line(c, 2, (double[]){x0, y0, x1, y1}, (sbnn_pen){SBNN_BLACK, SPINE, SBNN_SOLID});
}

static void draw_x(sbnn_canvas *c, const sbnn_axes *a) {
  sbnn_ticks t = x_ticks(a);
  double bottom = a->y + a->h, text_y = bottom + TICK + GAP;
  const sbnn_type type = {.across = SBNN_ALIGN_CENTER};
  for (int i = 0; i < t.count; i++) {
    char text[32];
    double x = sbnn_axes_x(a, sbnn_tick_at(&t, i));
    sbnn_tick_text(&t, i, text);
    segment(c, x, bottom, x, bottom + TICK);
    sbnn_canvas_text(c, x, text_y, text, &type);
  }
  sbnn_canvas_text(c, a->x + a->w / 2, text_y + sbnn_type_height(&type) + 2 * GAP, a->x_label, &type);
}

static void draw_y(sbnn_canvas *c, const sbnn_axes *a) {
  sbnn_ticks t = y_ticks(a);
  const sbnn_type type = {.across = SBNN_ALIGN_END, .down = SBNN_ALIGN_CENTER};
  for (int i = 0; i < t.count; i++) {
    char text[32];
    double y = sbnn_axes_y(a, sbnn_tick_at(&t, i));
    y_tick_text(a, &t, i, text);
    segment(c, a->x - TICK, y, a->x, y);
    sbnn_canvas_text(c, a->x - TICK - GAP, y, text, &type);
  }
  double x = a->x - TICK - GAP - widest_tick(c, a, &t) - 2 * GAP;
  sbnn_canvas_text(c, x, a->y + a->h / 2, a->y_label,
                   &(sbnn_type){.upward = true, .across = SBNN_ALIGN_CENTER, .down = SBNN_ALIGN_END});
}

void sbnn_axes_draw(sbnn_canvas *c, const sbnn_axes *a) {
  segment(c, a->x, a->y, a->x, a->y + a->h + SPINE / 2);
  segment(c, a->x, a->y + a->h, a->x + a->w, a->y + a->h);
  if (a->x_label) draw_x(c, a);
  if (a->y_label) draw_y(c, a);
}

/* Vertical slack of the clip: a line along the frame shows in full. */
static void clip_to(sbnn_canvas *c, const sbnn_axes *a) {
  sbnn_canvas_clip(c, a->x, a->y - 1, a->w, a->h + 2);
}

void sbnn_axes_line(sbnn_canvas *c, const sbnn_axes *a, int64_t n, const double *x, const double *y,
                    sbnn_pen pen) {
  double *xy = sbnn_alloc((size_t)n, 2 * sizeof *xy);
  for (int64_t i = 0; i < n; i++) {
    xy[2 * i] = sbnn_axes_x(a, x[i]);
    xy[2 * i + 1] = sbnn_axes_y(a, y[i]);
  }
  clip_to(c, a);
  sbnn_canvas_line(c, n, xy, pen);
  sbnn_canvas_unclip(c);
  free(xy);
}

/* One stretch [from, to) without gaps: along the upper edge, back along the lower. */
static void ribbon_piece(sbnn_canvas *c, const sbnn_axes *a, const sbnn_ribbon *r, int64_t from, int64_t to,
                         sbnn_color fill) {
  int64_t n = to - from;
  double *xy = sbnn_alloc((size_t)n, 4 * sizeof *xy);
  for (int64_t i = 0; i < n; i++) {
    int64_t back = 2 * n - 1 - i;
    xy[2 * i] = xy[2 * back] = sbnn_axes_x(a, r->x[from + i]);
    xy[2 * i + 1] = sbnn_axes_y(a, r->upper[from + i]);
    xy[2 * back + 1] = sbnn_axes_y(a, r->lower[from + i]);
  }
  sbnn_canvas_polygon(c, 2 * n, xy, fill);
  free(xy);
}

void sbnn_axes_ribbon(sbnn_canvas *c, const sbnn_axes *a, const sbnn_ribbon *r, sbnn_color fill) {
  clip_to(c, a);
  for (int64_t i = 0, from = 0; i <= r->n; i++) {
    bool gap = i == r->n || !isfinite(r->x[i] + r->lower[i] + r->upper[i]);
    if (gap && i > from) ribbon_piece(c, a, r, from, i, fill);
    if (gap) from = i + 1;
  }
  sbnn_canvas_unclip(c);
}

static void draw_key(sbnn_canvas *c, double x, double y, const sbnn_key *key) {
  if (key->dot) sbnn_canvas_discs(c, 1, (double[]){x + KEY / 2, y}, 2.2, &key->pen.color);
  else sbnn_canvas_line(c, 2, (double[]){x, y, x + KEY, y}, key->pen);
  sbnn_canvas_text(c, x + KEY + 3, y, key->text, &(sbnn_type){.down = SBNN_ALIGN_CENTER});
}

/* corner NULL: nothing is drawn. Returns the height. */
static double flow_keys(sbnn_canvas *c, const double *corner, double width, int n, const sbnn_key *keys) {
  double at = 0, row = 0;
  for (int i = 0; i < n; i++) {
    double w = KEY + 3 + sbnn_canvas_text_width(c, keys[i].text, &(sbnn_type){0});
    if (at > 0 && at + w > width) at = 0, row += LINE_STEP;
    if (corner) draw_key(c, corner[0] + at, corner[1] + row + LINE_STEP / 2, &keys[i]);
    at += w + KEY_GAP;
  }
  return n > 0 ? row + LINE_STEP : 0;
}

double sbnn_legend_height(sbnn_canvas *c, double width, int n, const sbnn_key *keys) {
  return flow_keys(c, NULL, width, n, keys);
}

void sbnn_legend(sbnn_canvas *c, double x, double y, double width, int n, const sbnn_key *keys) {
  (void)flow_keys(c, (double[]){x, y}, width, n, keys);
}

void sbnn_text_fit(sbnn_canvas *c, const char *text, const sbnn_type *type, double width, char *out,
                   size_t size) {
  size_t n = strlen(text);
  if (n < size) {
    memcpy(out, text, n + 1);
    if (sbnn_canvas_text_width(c, out, type) <= width) return;
  }
  for (n = n < size - 4 ? n : size - 4; n > 0; n--) {
    if ((text[n] & 0xC0) == 0x80) continue; /* inside a UTF-8 character */
    snprintf(out, size, "%.*s\u2026", (int)n, text);
    if (sbnn_canvas_text_width(c, out, type) <= width) return;
  }
  snprintf(out, size, "\u2026");
}

/* The longest beginning of `text` that ends before a space or after a hyphen or underscore and fits; 0 if
 * there is none. */
static size_t break_at(sbnn_canvas *c, const char *text, const sbnn_type *type, double width) {
  char part[SBNN_TEXT];
  size_t best = 0;
  for (size_t i = 1; text[i] && i < sizeof part; i++) {
    if (text[i] != ' ' && !strchr("-_/", text[i - 1])) continue;
    memcpy(part, text, i);
    part[i] = 0;
    if (sbnn_canvas_text_width(c, part, type) <= width) best = i;
  }
  return best;
}

int sbnn_text_wrap(sbnn_canvas *c, const char *text, const sbnn_type *type, double width,
                   char line[2][SBNN_TEXT]) {
  size_t n = break_at(c, text, type, width);
  if (sbnn_canvas_text_width(c, text, type) <= width || n == 0) {
    sbnn_text_fit(c, text, type, width, line[0], SBNN_TEXT);
    return 1;
  }
  memcpy(line[0], text, n);
  line[0][n] = 0;
  while (text[n] == ' ') n++;
  sbnn_text_fit(c, text + n, type, width, line[1], SBNN_TEXT);
  return 2;
}
