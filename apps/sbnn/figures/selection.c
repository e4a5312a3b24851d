/* selection.c - see selection.h. */
#include "figures/selection.h"

#include "figures/axes.h"
#include "figures/palette.h"

#include <math.h>
#include <stdio.h>

/* Points: outer margin, width of a gene, room for the longest name. */
#define MARGIN 4.0
#define SLOT   9.0
#define NAMES  58.0
#define HEIGHT 175.0
enum { MOST = 52, FEWEST = 16 };

typedef struct figure {
  const sbnn_bar *bar;
  int n, left_out, runs;
} figure;

static void draw_bar(sbnn_canvas *c, const sbnn_axes *a, const sbnn_bar *b, double x) {
  const sbnn_pen whisker = {{0.25, 0.25, 0.25, 1}, 0.6, SBNN_SOLID};
  double top = sbnn_axes_y(a, b->frequency), low = sbnn_axes_y(a, b->low), high = sbnn_axes_y(a, b->high);
  char text[SBNN_TEXT];
  const sbnn_type type = {
      .italic = true, .upward = true, .across = SBNN_ALIGN_END, .down = SBNN_ALIGN_CENTER};
  sbnn_canvas_rect(c, x - 0.36 * SLOT, top, 0.72 * SLOT, a->y + a->h - top, sbnn_line_color(2));
  sbnn_canvas_line(c, 2, (double[]){x, low, x, high}, whisker);
  sbnn_text_fit(c, b->name, &type, NAMES - 6, text, sizeof text);
  sbnn_canvas_text(c, x, a->y + a->h + 4, text, &type);
}

static void draw_figure(sbnn_canvas *c, const void *what) {
  const figure *f = what;
  char heading[96];
  sbnn_axes a = {
      .x_lo = 0, .x_hi = 1, .y_lo = 0, .y_hi = 1, .y_label = "Fraction of runs that chose the gene"};
  a.y = MARGIN + 14;
  a.h = HEIGHT - a.y - NAMES - MARGIN;
  a.x = MARGIN + sbnn_axes_left(c, &a);
  a.w = f->n * SLOT + 4;
  sbnn_axes_draw(c, &a);
  for (int i = 0; i < f->n; i++) draw_bar(c, &a, &f->bar[i], a.x + 4 + SLOT * (i + 0.5));
  snprintf(heading, sizeof heading, f->left_out ? "%d runs; %d more genes were chosen less often" : "%d runs",
           f->runs, f->left_out);
  sbnn_canvas_text(c, a.x + 4, MARGIN, heading, &(sbnn_type){0});
}

int sbnn_figure_selection(const char *directory, const char *name, int n, const sbnn_bar *bar, int runs,
                          sbnn_error *e) {
  if (n < 1) return SBNN_OK;
  figure f = {.bar = bar, .n = n < MOST ? n : MOST, .runs = runs};
  f.left_out = n - f.n;
  double width = 2 * MARGIN + 36 + SLOT * (f.n > FEWEST ? f.n : FEWEST);
  return sbnn_figure_save(directory, name, (sbnn_page){width, HEIGHT}, draw_figure, &f, e);
}
