/* map.h - the latent map: cells at their two bottleneck coordinates, coloured by label.
 * All pointers are borrowed for the call. Any thread. */
#ifndef SBNN_FIGURES_MAP_H
#define SBNN_FIGURES_MAP_H

#include "figures/axes.h"

typedef struct sbnn_map {
  int64_t n;                     /* cells */
  const double *z;               /* [n x 2] row-major; cells that are not finite are left out */
  const int32_t *label;          /* [n], 0..n_labels-1, negative = unlabelled (grey); NULL = no labels */
  int n_labels;                  /* 0 = every dot in one colour */
  const char *const *label_name; /* [n_labels] */
  const sbnn_color *label_color; /* [n_labels], or NULL for the palette */
  const sbnn_color *cell_color;  /* [n], dot by dot instead of by label (types within families), or NULL */
  const char *title;             /* NULL = none */
  const char *x_label, *y_label; /* NULL = "Bottleneck unit 1", "Bottleneck unit 2" */
  double width_mm;               /* of the map without a legend; 0 = 85 */
} sbnn_map;

/* Writes DIRECTORY/NAME.{png,svg,pdf}. Up to 12 labels are written at the medians of their cells, moved apart
 * where they would overlap; more get numbers there and a numbered legend on the right, largest first.
 * Errors: SBNN_FAILED with one sentence. No cells: nothing is written, SBNN_OK. */
int sbnn_figure_map(const char *directory, const char *name, const sbnn_map *what, sbnn_error *e);

/* For figures that hold a map among other panels. Sets the data ranges of `a` (whose w and h are set) to show
 * every finite cell, a unit as long across as up unless one range is more than four times the other; false
 * when there is none. */
bool sbnn_map_window(const sbnn_map *m, sbnn_axes *a);

/* Height over width that suits the map. */
double sbnn_map_shape(const sbnn_map *m);

/* Draws the cells, and the names of the `most_names` largest labels at their medians, without axes. */
void sbnn_map_draw(sbnn_canvas *c, const sbnn_map *m, const sbnn_axes *a, int most_names);

#endif
