/* maps.c - see maps.h. */
#include "figures/maps.h"

#include "figures/palette.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Points; a panel at least NAMED wide has room for names. */
#define WIDTH  (180 * SBNN_PT_PER_MM)
#define MARGIN 4.0
#define GAP    7.0
#define TITLE  12.0
#define NAMED  160.0
#define LINE   9.5
enum { KEY_COLUMNS = 6, MOST_KEYS = 42 };

typedef struct figure {
  const sbnn_maps *spec;
  int columns, rows, n_keys;
  double panel; /* side of a square */
  sbnn_key keys[MOST_KEYS];
  char rest[32]; /* "and 12 more" */
} figure;

static double step_of(const figure *f) { return f->panel + TITLE + GAP; }

static void draw_panel(sbnn_canvas *c, const figure *f, int i) {
  const sbnn_map *m = &f->spec->map[i];
  sbnn_axes a = {.w = f->panel, .h = f->panel};
  a.x = MARGIN + (i % f->columns) * (f->panel + GAP);
  a.y = MARGIN + TITLE + (i / f->columns) * step_of(f);
  if (!sbnn_map_window(m, &a)) return;
  sbnn_map_draw(c, m, &a, f->n_keys ? 0 : SBNN_MAPS_NAMED);
  sbnn_canvas_frame(c, a.x, a.y, a.w, a.h, (sbnn_pen){SBNN_LIGHT_GREY, 0.5, SBNN_SOLID});
  if (m->title) {
    char text[SBNN_TEXT];
    const sbnn_type type = {.bold = f->panel >= NAMED, .down = SBNN_ALIGN_END};
    sbnn_text_fit(c, m->title, &type, f->panel, text, sizeof text);
    sbnn_canvas_text(c, a.x, a.y - 3, text, &type);
  }
}

/* In columns, filled row by row. */
static void draw_keys(sbnn_canvas *c, const figure *f, double y) {
  const double width = (WIDTH - 2 * MARGIN) / KEY_COLUMNS;
  for (int i = 0; i < f->n_keys; i++) {
    char text[SBNN_TEXT];
    sbnn_key key = f->keys[i];
    key.text = text;
    sbnn_text_fit(c, f->keys[i].text, &(sbnn_type){0}, width - 18, text, sizeof text);
    sbnn_legend(c, MARGIN + i % KEY_COLUMNS * width, y + i / KEY_COLUMNS * LINE, width, 1, &key);
  }
}

static void draw_figure(sbnn_canvas *c, const void *what) {
  const figure *f = what;
  for (int i = 0; i < f->spec->n; i++) draw_panel(c, f, i);
  draw_keys(c, f, MARGIN + f->rows * step_of(f));
}

/* The labels with the most cells, largest first. */
static void make_keys(figure *f) {
  const sbnn_map *m = &f->spec->map[0];
  int64_t *count = sbnn_alloc((size_t)m->n_labels, sizeof *count);
  sbnn_color *palette = sbnn_alloc((size_t)m->n_labels, sizeof *palette);
  int present = 0;
  sbnn_palette(m->n_labels, palette);
  for (int64_t i = 0; i < m->n; i++)
    if (m->label[i] >= 0) present += count[m->label[i]]++ == 0;
  while (f->n_keys < present && f->n_keys < MOST_KEYS) {
    int best = 0;
    for (int l = 1; l < m->n_labels; l++)
      if (count[l] > count[best]) best = l;
    if (f->n_keys == MOST_KEYS - 1 && present > MOST_KEYS) {
      snprintf(f->rest, sizeof f->rest, "and %d more", present - f->n_keys);
      f->keys[f->n_keys++] = (sbnn_key){f->rest, {.color = SBNN_GREY}, true};
      break;
    }
    sbnn_color color = m->label_color ? m->label_color[best] : palette[best];
    f->keys[f->n_keys++] = (sbnn_key){m->label_name[best], {.color = color}, true};
    count[best] = 0;
  }
  free(count);
  free(palette);
}

int sbnn_figure_maps(const char *directory, const char *name, const sbnn_maps *what, sbnn_error *e) {
  figure f = {.spec = what, .columns = what->columns > 0 ? what->columns : 5};
  if (what->n < 1 || what->map[0].n < 1) return SBNN_OK;
  f.rows = (what->n + f.columns - 1) / f.columns;
  f.panel = (WIDTH - 2 * MARGIN - (f.columns - 1) * GAP) / f.columns;
  bool named = f.panel >= NAMED && what->map[0].n_labels <= SBNN_MAPS_NAMED;
  if (what->map[0].label && what->map[0].n_labels > 0 && !named) make_keys(&f);
  double height = 2 * MARGIN + f.rows * step_of(&f) + (f.n_keys + KEY_COLUMNS - 1) / KEY_COLUMNS * LINE;
  return sbnn_figure_save(directory, name, (sbnn_page){WIDTH, height}, draw_figure, &f, e);
}
