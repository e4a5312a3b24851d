/* delaunay.h - Delaunay triangulation of points in the plane: the one header behind which qhull lives. */
#ifndef SBNN_FIGURES_DELAUNAY_H
#define SBNN_FIGURES_DELAUNAY_H

#include "sbnn.h"

#include <stdbool.h>

/* corner: [n x 3] point indices, counter-clockwise in (x right, y up). Owned; released by
 * sbnn_triangles_free. */
typedef struct sbnn_triangles {
  int64_t n;
  int32_t *corner;
} sbnn_triangles;

/* True when the program was built with qhull (NABLA_QHULL). */
bool sbnn_delaunay_available(void);

/* Triangulates points [n x 2] (row-major, finite, duplicates allowed). *out is empty (n = 0, SBNN_OK) without
 * qhull, with fewer than three points, and when all lie on one line. Triangles without area are left out.
 * Errors: SBNN_FAILED when qhull gives up. Any thread; qhull is used through its reentrant interface. */
int sbnn_delaunay(int64_t n, const double *points, sbnn_triangles *out, sbnn_error *e);
void sbnn_triangles_free(sbnn_triangles *t);

/* Leaves out the `count` triangles with the longest longest edge (ties: the later triangle first). */
void sbnn_triangles_mask_longest(sbnn_triangles *t, const double *points, int64_t count);

#endif
