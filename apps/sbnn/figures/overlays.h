/* overlays.h - figure 1c: the latent map in the middle, nine gene overlays left (autoencoder head), nine
 * response overlays right (alloencoder head), as filled contours over the Delaunay triangulation of the
 * cells. All pointers are borrowed for the call. Any thread. */
#ifndef SBNN_FIGURES_OVERLAYS_H
#define SBNN_FIGURES_OVERLAYS_H

#include "figures/delaunay.h"
#include "figures/map.h"

enum { SBNN_OVERLAYS = 9 }; /* panels a side, a 3 x 3 grid filled row by row */

/* One side: predictions of the columns to show. More than nine: the first nine are shown. */
typedef struct sbnn_overlay_side {
  int n;
  const char *const *name; /* [n] */
  const double *value;     /* [cells x n] row-major, z-scores */
  const char *heading;     /* NULL = "Genes (autoencoder)" left, "Responses (alloencoder)" right */
} sbnn_overlay_side;

typedef struct sbnn_overlays {
  sbnn_map map; /* its title and width are not used */
  sbnn_overlay_side gene, response;
  double lo, hi; /* colour range, both 0 = -2..2; values outside take the end colours */
  int levels;    /* 0 = 40 */
  int masked; /* triangles left out, those with the longest edges; 0 = 50, but never more than a twentieth */
  const char *title; /* NULL = none */
  const char *bar;   /* what the colours mean; NULL = "Network prediction (z-score)" */
} sbnn_overlays;

/* Writes DIRECTORY/NAME.{png,svg,pdf}, 180 mm wide. Without qhull, or with fewer than three distinct cells or
 * all of them on one line, the panels show the cells as dots in the same colours. Errors: SBNN_FAILED with
 * one sentence. No cells: nothing is written, SBNN_OK. */
int sbnn_figure_overlays(const char *directory, const char *name, const sbnn_overlays *what, sbnn_error *e);

/* Triangulates the finite cells as they lie on the page, where both units have scales that suit the eye,
 * without the `masked` triangles of the longest edges (0: as above). Corners are rows of the map. `window`:
 * of sbnn_map_window. *out is empty without qhull or without area. SBNN_FAILED: qhull gives up. */
int sbnn_overlays_triangles(const sbnn_map *m, const sbnn_axes *window, int masked, sbnn_triangles *out,
                            sbnn_error *e);

#endif
