/* contour.h - filled contours of a function given at the corners of triangles and linear inside them.
 *
 * They are painted into an image: contour polygons of 18 panels x 40 levels would make a vector file too
 * large to mail, and viewers show seams between neighbouring polygons. Any thread. */
#ifndef SBNN_FIGURES_CONTOUR_H
#define SBNN_FIGURES_CONTOUR_H

#include "figures/canvas.h"
#include "figures/delaunay.h"

/* `bands` equal steps from lo to hi; below and above extend the first and last colour. */
typedef struct sbnn_bands {
  double lo, hi;
  int bands;
} sbnn_bands;

/* The band of a value, 0..bands-1, clamped; -1 for NaN. */
int sbnn_band_of(const sbnn_bands *b, double value);
/* Its colour on the inferno scale. */
sbnn_color sbnn_band_color(const sbnn_bands *b, int band);

/* Data range shown by an image, x_lo at the left edge, y_hi at the top. */
typedef struct sbnn_window {
  double x_lo, x_hi, y_lo, y_hi;
} sbnn_window;

/* What is shown; all borrowed. */
typedef struct sbnn_contours {
  const sbnn_triangles *triangles;
  const double *points; /* [n x 2] */
  const double *value;  /* of point i: value[i * stride] */
  int64_t stride;
  const sbnn_bands *bands;
  const sbnn_window *window;
} sbnn_contours;

/* Returns columns x rows pixels (0xAARRGGBB premultiplied, row-major; transparent outside the triangles); the
 * caller frees. Edges are smoothed by 4 x 4 samples a pixel; the sum of coverage is the area of the triangles
 * inside the window. */
uint32_t *sbnn_contour_image(const sbnn_contours *c, int columns, int rows);

#endif
