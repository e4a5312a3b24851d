/* axes.h - data coordinates on a canvas: ticks, labels, transforms, legends.
 * Plain values: nothing is allocated, nothing fails. Thread rule: as the canvas. */
#ifndef SBNN_FIGURES_AXES_H
#define SBNN_FIGURES_AXES_H

#include "figures/canvas.h"

/* Tick positions first, first + step, ... (count of them), all inside [lo, hi]; step is 1, 2 or 5 times a
 * power of ten; decimals is what printing the step takes. */
typedef struct sbnn_ticks {
  double first, step;
  int count, decimals;
} sbnn_ticks;

/* At most `most` (>= 2) ticks within lo < hi, both finite; otherwise count is 0. */
sbnn_ticks sbnn_ticks_for(double lo, double hi, int most);

/* The i-th tick, exact zero at zero; and its text in `text` (at least 32 bytes), with a real minus sign. */
double sbnn_tick_at(const sbnn_ticks *t, int i);
void sbnn_tick_text(const sbnn_ticks *t, int i, char *text);

/* A frame on the canvas and the data range it shows. x, y, w, h in points; x_lo..y_hi in data units. Labels
 * name the quantity and its unit; NULL leaves label and ticks of that side out. */
typedef struct sbnn_axes {
  double x, y, w, h;
  double x_lo, x_hi, y_lo, y_hi;
  const char *x_label, *y_label;
  bool x_whole; /* x counts things: no ticks between whole numbers */
  bool y_log;   /* y_lo .. y_hi and all y are powers of ten */
} sbnn_axes;

/* Data to points. */
double sbnn_axes_x(const sbnn_axes *a, double x);
double sbnn_axes_y(const sbnn_axes *a, double y);

/* Widens the shorter range about its middle until a data unit is as long across as up. */
void sbnn_axes_equal(sbnn_axes *a);

/* Space in points that labels and ticks take left of and below the frame. */
double sbnn_axes_left(sbnn_canvas *c, const sbnn_axes *a);
double sbnn_axes_below(const sbnn_axes *a);

/* Left and bottom spine, ticks, tick texts, labels. */
void sbnn_axes_draw(sbnn_canvas *c, const sbnn_axes *a);

/* Clipped to the frame: a line through n points (x, y: [n]); a ribbon between lower and upper. NaN
 * in any array interrupts. */
void sbnn_axes_line(sbnn_canvas *c, const sbnn_axes *a, int64_t n, const double *x, const double *y,
                    sbnn_pen pen);
typedef struct sbnn_ribbon {
  int64_t n;
  const double *x, *lower, *upper; /* [n] */
} sbnn_ribbon;
void sbnn_axes_ribbon(sbnn_canvas *c, const sbnn_axes *a, const sbnn_ribbon *r, sbnn_color fill);

/* One line of a legend: a stroke, or a dot when `dot` is set, and its text (borrowed). */
typedef struct sbnn_key {
  const char *text;
  sbnn_pen pen;
  bool dot;
} sbnn_key;

/* Keys flow left to right and wrap at `width` points. Height in points, for a layout that asks first. */
double sbnn_legend_height(sbnn_canvas *c, double width, int n, const sbnn_key *keys);
void sbnn_legend(sbnn_canvas *c, double x, double y, double width, int n, const sbnn_key *keys);

/* Cuts UTF-8 `text` to `width` points with an ellipsis, into `out` of `size` (>= 8) bytes. */
void sbnn_text_fit(sbnn_canvas *c, const char *text, const sbnn_type *type, double width, char *out,
                   size_t size);

/* Sets `text` in one line or two of at most `width` points, broken at a space, hyphen, slash or underscore,
 * cut with an ellipsis where that is not enough. Returns the number of lines. */
enum { SBNN_TEXT = 128 };
int sbnn_text_wrap(sbnn_canvas *c, const char *text, const sbnn_type *type, double width,
                   char line[2][SBNN_TEXT]);

#endif
