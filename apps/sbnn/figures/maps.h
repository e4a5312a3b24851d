/* maps.h - maps of the same cells side by side: small multiples. All pointers are borrowed for the call. Any
 * thread. */
#ifndef SBNN_FIGURES_MAPS_H
#define SBNN_FIGURES_MAPS_H

#include "figures/map.h"

enum { SBNN_MAPS_NAMED = 12 }; /* labels that are written on wide panels, in place of a legend */

typedef struct sbnn_maps {
  int n;
  const sbnn_map *map; /* [n], with the labels and colours of the first; `title` stands above each panel */
  int columns;         /* panels a row, 0 = 5 */
} sbnn_maps;

/* Writes DIRECTORY/NAME.{png,svg,pdf}, 180 mm wide, without axes: panels keep their cells' proportions, and
 * places alone have a meaning. Names of the labels as sbnn_maps says, else a legend below, largest first.
 * Errors: SBNN_FAILED with one sentence. Nothing to draw: nothing is written, SBNN_OK. */
int sbnn_figure_maps(const char *directory, const char *name, const sbnn_maps *what, sbnn_error *e);

#endif
