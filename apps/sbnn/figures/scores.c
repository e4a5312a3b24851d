/* scores.c - R2 by response, and by number of genes (scores.h). */
#include "figures/scores.h"

#include "figures/axes.h"
#include "figures/palette.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Points: outer margin, width of one response, length of the longest name, cap of an error bar. */
#define MARGIN    4.0
#define SLOT      8.5
#define LONGEST   90.0
#define CAP       1.5
#define DOT       1.8
#define ONE_WIDTH (85 * SBNN_PT_PER_MM)

enum { MOST_RESPONSES = 60, MOST_KEYS = 16 };

static void stretch(double v, double *lo, double *hi) {
  if (!isfinite(v)) return;
  *lo = fmin(*lo, v);
  *hi = fmax(*hi, v);
}

static double bar(const double *sd, int i) { return sd && isfinite(sd[i]) ? sd[i] : 0; }

/* A dot with a bar of half length `sd` in data units; the clip cuts what leaves the frame. */
static void draw_point(sbnn_canvas *c, const sbnn_axes *a, double x, double r2, double sd, sbnn_color color) {
  if (!isfinite(r2)) return;
  double low = sbnn_axes_y(a, r2 - sd), high = sbnn_axes_y(a, r2 + sd);
  const sbnn_pen pen = {color, 0.8, SBNN_SOLID};
  sbnn_canvas_clip(c, a->x - 2, a->y - 1, a->w + 4, a->h + 1);
  if (sd > 0) {
    sbnn_canvas_line(c, 2, (double[]){x, low, x, high}, pen);
    sbnn_canvas_line(c, 2, (double[]){x - CAP, low, x + CAP, low}, pen);
    sbnn_canvas_line(c, 2, (double[]){x - CAP, high, x + CAP, high}, pen);
  }
  sbnn_canvas_discs(c, 1, (double[]){x, sbnn_axes_y(a, r2)}, DOT, &color);
  sbnn_canvas_unclip(c);
}

/* Keys above the frame. */
static double keys_height(sbnn_canvas *c, double x, int n, const sbnn_key *key) {
  return sbnn_legend_height(c, sbnn_canvas_width(c) - x - MARGIN, n, key);
}

static void draw_keys(sbnn_canvas *c, double x, int n, const sbnn_key *key) {
  sbnn_legend(c, x, MARGIN, sbnn_canvas_width(c) - x - MARGIN, n, key);
}

/* ---- by response ---- */

typedef struct responses {
  int n, n_models, *order; /* order[n]: responses to show, best first */
  const char *const *name;
  const sbnn_response_scores *model;
  double y_lo, y_hi;
  bool levels, bars;
} responses;

static void sort_responses(responses *f, int count) {
  const double *r2 = f->model[0].r2;
  int n = 0;
  for (int i = 0; i < count; i++) {
    int at = n++;
    for (; at > 0 && (r2[i] > r2[f->order[at - 1]] || isnan(r2[f->order[at - 1]])); at--)
      f->order[at] = f->order[at - 1];
    f->order[at] = i;
  }
  f->n = n < MOST_RESPONSES ? n : MOST_RESPONSES;
}

static void set_range(responses *f) {
  double lo = 0, hi = 0.1;
  for (int m = 0; m < f->n_models; m++) {
    const sbnn_response_scores *s = &f->model[m];
    for (int i = 0; i < f->n; i++) {
      stretch(s->r2[f->order[i]] - bar(s->sd, f->order[i]), &lo, &hi);
      stretch(s->r2[f->order[i]] + bar(s->sd, f->order[i]), &lo, &hi);
      f->bars |= bar(s->sd, f->order[i]) > 0;
    }
    stretch(s->pooled, &lo, &hi);
    f->levels |= isfinite(s->pooled);
  }
  f->y_lo = lo < 0 ? fmax(lo - 0.02, -0.5) : 0; /* far below zero only the fact matters */
  f->y_hi = fmin(hi + 0.04 * (hi - f->y_lo), 1);
}

static double longest_name(sbnn_canvas *c, const responses *f) {
  double longest = 0;
  for (int i = 0; i < f->n; i++)
    longest = fmax(longest, sbnn_canvas_text_width(c, f->name[f->order[i]], &(sbnn_type){0}));
  return fmin(longest, LONGEST);
}

static int response_keys(const responses *f, sbnn_key *key) {
  int n = 0;
  for (int m = 0; m < f->n_models && f->n_models > 1 && n < MOST_KEYS - 2; m++)
    key[n++] = (sbnn_key){f->model[m].name, {.color = sbnn_line_color(m)}, true};
  if (f->levels) key[n++] = (sbnn_key){"all responses", {SBNN_GREY, 0.8, SBNN_DASHED}, false};
  if (f->bars) key[n++] = (sbnn_key){"\u00b1 SD over folds", {SBNN_GREY, 0.8, SBNN_SOLID}, false};
  return n;
}

static void draw_names(sbnn_canvas *c, const responses *f, const sbnn_axes *a, double slot) {
  const sbnn_type type = {.upward = true, .across = SBNN_ALIGN_END, .down = SBNN_ALIGN_CENTER};
  for (int i = 0; i < f->n; i++) {
    char text[SBNN_TEXT];
    double x = a->x + slot * (i + 0.5), y = a->y + a->h;
    sbnn_text_fit(c, f->name[f->order[i]], &type, LONGEST, text, sizeof text);
    sbnn_canvas_line(c, 2, (double[]){x, y, x, y + 2.5}, (sbnn_pen){SBNN_BLACK, 0.6, SBNN_SOLID});
    sbnn_canvas_text(c, x, y + 5, text, &type);
  }
}

static void draw_responses(sbnn_canvas *c, const void *what) {
  const responses *f = what;
  sbnn_key key[MOST_KEYS];
  int n_keys = response_keys(f, key);
  sbnn_axes a = {
      .x_hi = 1, .y_lo = f->y_lo, .y_hi = f->y_hi, .y_label = f->bars ? "Test R\u00b2" : "R\u00b2"};
  a.y = MARGIN + 6;
  a.h = 100; /* until the space left is known: it decides the ticks, whose texts decide a.x */
  a.x = MARGIN + sbnn_axes_left(c, &a);
  a.y += keys_height(c, a.x, n_keys, key);
  a.h = sbnn_canvas_height(c) - a.y - longest_name(c, f) - 6 - MARGIN;
  a.w = sbnn_canvas_width(c) - a.x - MARGIN - 2;
  double slot = a.w / f->n, offset = fmin(0.5 * slot, 6) / f->n_models;
  if (f->y_lo < 0) {
    double zero = sbnn_axes_y(&a, 0);
    sbnn_canvas_line(c, 2, (double[]){a.x, zero, a.x + a.w, zero},
                     (sbnn_pen){SBNN_LIGHT_GREY, 0.6, SBNN_SOLID});
  }
  for (int m = 0; m < f->n_models; m++) {
    const sbnn_response_scores *s = &f->model[m];
    sbnn_color color = sbnn_line_color(m);
    double level = sbnn_axes_y(&a, s->pooled);
    if (isfinite(level))
      sbnn_canvas_line(c, 2, (double[]){a.x, level, a.x + a.w, level},
                       (sbnn_pen){f->n_models > 1 ? color : SBNN_GREY, 0.8, SBNN_DASHED});
    for (int i = 0; i < f->n; i++)
      draw_point(c, &a, a.x + slot * (i + 0.5) + offset * (m - 0.5 * (f->n_models - 1)), s->r2[f->order[i]],
                 bar(s->sd, f->order[i]), color);
  }
  sbnn_axes_draw(c, &a);
  draw_names(c, f, &a, slot);
  draw_keys(c, a.x, n_keys, key);
}

int sbnn_figure_responses(const char *directory, const char *name, const sbnn_responses_chart *chart,
                          sbnn_error *e) {
  if (chart->n_responses < 1 || chart->n_models < 1) return SBNN_OK;
  responses f = {.n_models = chart->n_models,
                 .order = sbnn_alloc((size_t)chart->n_responses, sizeof *f.order),
                 .name = chart->response,
                 .model = chart->model};
  sort_responses(&f, chart->n_responses);
  set_range(&f);
  double width = fmax(ONE_WIDTH, 40 + SLOT * f.n);
  int status = sbnn_figure_save(directory, name, (sbnn_page){width, 190}, draw_responses, &f, e);
  free(f.order);
  return status;
}

/* ---- by number of genes ---- */

typedef struct by_genes {
  int n_paths, genes;
  const sbnn_path_scores *path;
  double x_lo, x_hi, y_lo, y_hi; /* x: log10 of the number of genes */
} by_genes;

static double log_genes(double genes) { return log10(fmax(genes, 0.5)); }

/* 1, 2, 5, 10, ..., or even steps where few of these would be in reach; without those whose text would touch
 * the one before. */
static void draw_gene_axis(sbnn_canvas *c, const sbnn_axes *a) {
  static const int steps[] = {1, 2, 5};
  const sbnn_ticks even = sbnn_ticks_for(pow(10, a->x_lo), pow(10, a->x_hi), 6);
  const bool narrow = a->x_hi - a->x_lo < log10(5);
  const sbnn_type type = {.across = SBNN_ALIGN_CENTER};
  double bottom = a->y + a->h, free_from = -INFINITY;
  for (int i = 0; i < (narrow ? even.count : 18); i++) {
    char text[32];
    double value = narrow ? sbnn_tick_at(&even, i) : steps[i % 3] * pow(10, i / 3);
    double x = sbnn_axes_x(a, log10(value));
    if (x < a->x - 0.1 || x > a->x + a->w + 0.1) continue;
    if (narrow) sbnn_tick_text(&even, i, text);
    else snprintf(text, sizeof text, "%.0f", value);
    double half = 0.5 * sbnn_canvas_text_width(c, text, &type);
    sbnn_canvas_line(c, 2, (double[]){x, bottom, x, bottom + 2.5}, (sbnn_pen){SBNN_BLACK, 0.6, SBNN_SOLID});
    if (x - half < free_from) continue;
    sbnn_canvas_text(c, x, bottom + 4.5, text, &type);
    free_from = x + half + 3;
  }
  sbnn_canvas_text(c, a->x + a->w / 2, bottom + 8.5 + sbnn_type_height(&type),
                   "Genes selected (mean over folds)", &type);
}

static void draw_path(sbnn_canvas *c, const sbnn_axes *a, const sbnn_path_scores *p, sbnn_color color) {
  double *x = sbnn_alloc((size_t)p->n, sizeof *x);
  for (int i = 0; i < p->n; i++) x[i] = log_genes(p->genes[i]);
  sbnn_axes_line(c, a, p->n, x, p->r2, (sbnn_pen){color, 1.1, SBNN_SOLID});
  for (int i = 0; i < p->n; i++) draw_point(c, a, sbnn_axes_x(a, x[i]), p->r2[i], bar(p->sd, i), color);
  free(x);
}

static void draw_by_genes(sbnn_canvas *c, const void *what) {
  const by_genes *f = what;
  sbnn_key key[MOST_KEYS];
  int n_keys = 0;
  for (int i = 0; i < f->n_paths && n_keys < MOST_KEYS - 1; i++)
    key[n_keys++] = (sbnn_key){f->path[i].name, {sbnn_line_color(i), 1.1, SBNN_SOLID}, false};
  key[n_keys++] = (sbnn_key){"\u00b1 SD over folds", {SBNN_GREY, 0.8, SBNN_SOLID}, false};
  sbnn_axes a = {
      .x_lo = f->x_lo, .x_hi = f->x_hi, .y_lo = f->y_lo, .y_hi = f->y_hi, .y_label = "Test R\u00b2"};
  a.y = MARGIN + 6;
  a.h = 100; /* see draw_responses */
  a.x = MARGIN + sbnn_axes_left(c, &a);
  a.y += keys_height(c, a.x, n_keys, key);
  a.h = sbnn_canvas_height(c) - a.y - 28 - MARGIN;
  a.w = sbnn_canvas_width(c) - a.x - MARGIN - 6;
  double at = sbnn_axes_x(&a, log_genes(f->genes));
  if (f->genes > 0 && at >= a.x && at <= a.x + a.w) {
    char text[32];
    snprintf(text, sizeof text, "%d genes", f->genes);
    sbnn_canvas_line(c, 2, (double[]){at, a.y, at, a.y + a.h}, (sbnn_pen){SBNN_GREY, 0.8, SBNN_DASHED});
    sbnn_canvas_text(c, at + 3, a.y + a.h - 4, text,
                     &(sbnn_type){.down = SBNN_ALIGN_END, .color = {0.35, 0.35, 0.35, 1}, .halo = 1.2});
  }
  for (int i = 0; i < f->n_paths; i++) draw_path(c, &a, &f->path[i], sbnn_line_color(i));
  sbnn_axes_draw(c, &a);
  draw_gene_axis(c, &a);
  draw_keys(c, a.x, n_keys, key);
}

int sbnn_figure_by_genes(const char *directory, const char *name, int n_paths, const sbnn_path_scores *path,
                         int genes, sbnn_error *e) {
  by_genes f = {.n_paths = n_paths, .genes = genes, .path = path};
  double x_lo = INFINITY, x_hi = -INFINITY, y_lo = INFINITY, y_hi = -INFINITY;
  for (int i = 0; i < n_paths; i++)
    for (int k = 0; k < path[i].n; k++) {
      stretch(log_genes(path[i].genes[k]), &x_lo, &x_hi);
      stretch(path[i].r2[k] - bar(path[i].sd, k), &y_lo, &y_hi);
      stretch(path[i].r2[k] + bar(path[i].sd, k), &y_lo, &y_hi);
    }
  if (!(x_lo <= x_hi) || !(y_lo <= y_hi)) return SBNN_OK;
  f.x_lo = fmin(x_lo, genes > 0 ? log_genes(genes) : x_lo) - 0.06;
  f.x_hi = fmax(x_hi, genes > 0 ? log_genes(genes) : x_hi) + 0.06;
  f.y_lo = y_lo < 0 ? fmax(1.05 * y_lo, -0.5) : 0;
  f.y_hi = y_hi + 0.05 * (y_hi - f.y_lo);
  return sbnn_figure_save(directory, name, (sbnn_page){ONE_WIDTH, 180}, draw_by_genes, &f, e);
}
