/* lines.h - a chart of lines over one axis: norms by rank, R2 by width.
 * All pointers are borrowed for the call. Any thread. Errors: SBNN_FAILED with one sentence (I/O); a chart
 * without two points apart writes nothing and returns SBNN_OK. */
#ifndef SBNN_FIGURES_LINES_H
#define SBNN_FIGURES_LINES_H

#include "figures/canvas.h"

/* x, y: [n], x ascending. NaN, and on a log scale what is not above 0, leaves a gap. */
typedef struct sbnn_line {
  const char *name; /* for the legend, which there is with two lines or more */
  int64_t n;
  const double *x, *y;
  const double *sd; /* [n] half widths of a band; NULL = none */
} sbnn_line;

typedef struct sbnn_lines {
  int n_lines;
  const sbnn_line *line;
  const char *x_label, *y_label;
  bool y_log;  /* base 10 */
  bool dots;   /* the points as well */
  double mark; /* a vertical line at this x; 0 = none */
  const char *mark_name;
} sbnn_lines;

/* Writes DIRECTORY/NAME.{png,svg,pdf}, one column wide. x counts things. */
int sbnn_figure_lines(const char *directory, const char *name, const sbnn_lines *what, sbnn_error *e);

#endif
