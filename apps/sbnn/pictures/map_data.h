/* map_data.h - from an experiment, or from places, to the map of its cells, for pictures and report. Any
 * thread. */
#ifndef SBNN_PICTURES_MAP_DATA_H
#define SBNN_PICTURES_MAP_DATA_H

#include "figures/map.h"
#include "results/results.h"

/* What a map borrows; released by sbnn_map_data_free. */
typedef struct sbnn_map_data {
  size_t *order; /* [n] rows of z, in the order of drawing */
  double *z;     /* [n x 2] */
  int32_t *label;
  sbnn_color *label_color, *cell_color; /* NULL: the palette */
} sbnn_map_data;

/* The map of the experiment's cells (latent, at least two units) with the labels of the data set; borrows
 * from d and m. */
sbnn_map sbnn_map_make(const sbnn_dataset *d, const sbnn_experiment *x, sbnn_map_data *m);
/* The same of n cells at the first two columns of z [n x columns], row-major; cells[n]: their places in the
 * data set, each once (NULL: all, in its order). */
sbnn_map sbnn_map_of_cells(const sbnn_dataset *d, const size_t *cells, size_t n, const double *z,
                           size_t columns, sbnn_map_data *m);
void sbnn_map_data_free(sbnn_map_data *m); /* leaves *m all zero */

#endif
