/* selection.h - how often each gene was chosen (figure S4). All pointers are borrowed for the call. Any
 * thread. */
#ifndef SBNN_FIGURES_SELECTION_H
#define SBNN_FIGURES_SELECTION_H

#include "figures/canvas.h"

typedef struct sbnn_bar {
  const char *name;
  double frequency, low, high; /* 0..1 */
} sbnn_bar;

/* A bar for each of n genes, in the order given, with a whisker from low to high; more than there is room
 * for: the first ones, and how many are left out. Writes DIRECTORY/NAME.{png,svg,pdf}, up to 180 mm wide.
 * Errors: SBNN_FAILED with one sentence. No genes: nothing is written, SBNN_OK. */
int sbnn_figure_selection(const char *directory, const char *name, int n, const sbnn_bar *bar, int runs,
                          sbnn_error *e);

#endif
