/* cell_map.h - what a figure's map of cells is made of: their places, labels and colours, in the order of
 * drawing. Any thread. */
#ifndef SBNN_RESULTS_CELL_MAP_H
#define SBNN_RESULTS_CELL_MAP_H

#include "data/dataset.h"
#include "figures/map.h"

/* What the map borrows; sbnn_cell_map_free. */
typedef struct sbnn_cell_map {
  size_t *order; /* [n] rows of z, in the order of drawing */
  double *z;     /* [n x 2] */
  int32_t *label;
  sbnn_color *label_color, *cell_color; /* NULL: the palette */
} sbnn_cell_map;

/* Of n cells at the first two columns of z [n x columns], row-major; cells[n]: their places in the data set,
 * each once (NULL: all, in its order). The names of the labels stay the data set's. */
sbnn_map sbnn_cell_map_make(const sbnn_dataset *d, const size_t *cells, size_t n, const double *z,
                            size_t columns, sbnn_cell_map *m);
void sbnn_cell_map_free(sbnn_cell_map *m); /* leaves *m all zero */

#endif
