/* labels.c - label placement (labels.h). */
#include "figures/labels.h"

#include "figures/palette.h"

#include <math.h>

/* Rounds of pushing; points kept free beside and above a label: names side by side would read as one. */
enum { ROUNDS = 600 };
#define BESIDE 4.0
#define ABOVE  1.5

static double clamp(double v, double lo, double hi) {
  return hi < lo ? 0.5 * (lo + hi) : fmin(fmax(v, lo), hi);
}

/* Pushes two overlapping labels apart along the direction that takes least. */
static bool push(sbnn_label *a, sbnn_label *b) {
  double dx = b->x - a->x, dy = b->y - a->y;
  double over_x = 0.5 * (a->w + b->w) + BESIDE - fabs(dx), over_y = 0.5 * (a->h + b->h) + ABOVE - fabs(dy);
  if (over_x <= 0 || over_y <= 0) return false;
  if (over_x < over_y) {
    double step = copysign(0.5 * over_x + 0.01, dx);
    a->x -= step, b->x += step;
  } else {
    double step = copysign(0.5 * over_y + 0.01, dy);
    a->y -= step, b->y += step;
  }
  return true;
}

bool sbnn_labels_place(int n, sbnn_label *label, double x, double y, double w, double h) {
  for (int i = 0; i < n; i++) label[i].x = label[i].want_x, label[i].y = label[i].want_y;
  bool overlap = true;
  for (int round = 0; round < ROUNDS && overlap; round++) {
    overlap = false;
    for (int i = 0; i < n; i++)
      for (int j = i + 1; j < n; j++) overlap |= push(&label[i], &label[j]);
    for (int i = 0; i < n; i++) {
      sbnn_label *l = &label[i];
      /* Early rounds pull back, so that a chain of pushes relaxes again. */
      double pull = overlap && round < ROUNDS / 2 ? 0.02 : 0;
      l->x = clamp(l->x + pull * (l->want_x - l->x), x + 0.5 * l->w, x + w - 0.5 * l->w);
      l->y = clamp(l->y + pull * (l->want_y - l->y), y + 0.5 * l->h, y + h - 0.5 * l->h);
    }
  }
  return !overlap;
}

static bool apart(const sbnn_label *a, const sbnn_label *b) {
  return fabs(a->want_x - b->want_x) >= 0.5 * (a->w + b->w) + BESIDE ||
         fabs(a->want_y - b->want_y) >= 0.5 * (a->h + b->h) + ABOVE;
}

int sbnn_labels_thin(int n, sbnn_label *label) {
  int kept = 0;
  for (int i = 0; i < n; i++) {
    int k = 0;
    while (k < kept && apart(&label[i], &label[k])) k++;
    if (k == kept) label[kept++] = label[i];
  }
  return kept;
}

void sbnn_labels_draw(sbnn_canvas *c, int n, const sbnn_label *label, const sbnn_type *type) {
  sbnn_type t = *type;
  t.across = t.down = SBNN_ALIGN_CENTER;
  if (t.halo == 0) t.halo = 1.2;
  for (int i = 0; i < n; i++) {
    const sbnn_label *l = &label[i];
    if (fabs(l->x - l->want_x) > 0.5 * l->w || fabs(l->y - l->want_y) > 1.2 * l->h)
      sbnn_canvas_line(c, 2, (double[]){l->x, l->y, l->at_x, l->at_y},
                       (sbnn_pen){SBNN_BLACK, 0.4, SBNN_SOLID});
  }
  for (int i = 0; i < n; i++) {
    t.color = label[i].color;
    sbnn_canvas_text(c, label[i].x, label[i].y, label[i].text, &t);
  }
}
