/* labels.h - text beside the things it names without overlap. Pure geometry; any thread. */
#ifndef SBNN_FIGURES_LABELS_H
#define SBNN_FIGURES_LABELS_H

#include "figures/canvas.h"

/* A label of w x h points for the thing at (at_x, at_y); it wants to be centred on (want_x, want_y), and ends
 * up centred on (x, y). */
typedef struct sbnn_label {
  const char *text; /* borrowed */
  sbnn_color color;
  double at_x, at_y, want_x, want_y, w, h;
  double x, y;
} sbnn_label;

/* Chooses x, y of all labels inside the rectangle, moving apart those that would overlap. False when they
 * cannot be placed without overlap: the caller should draw fewer. */
bool sbnn_labels_place(int n, sbnn_label *label, double x, double y, double w, double h);

/* Keeps, in order, the labels that overlap none kept before them where they want to be, and puts them first:
 * for more things than can be named, the first being the ones that matter. Returns how many. */
int sbnn_labels_thin(int n, sbnn_label *label);

/* Draws them with a white outline, and a thin line from a label that had to move to what it names. */
void sbnn_labels_draw(sbnn_canvas *c, int n, const sbnn_label *label, const sbnn_type *type);

#endif
