/* nearest.h - the nearest cells of a cell, and how well a map keeps them. Pure; any thread. */
#ifndef SBNN_EMBED_NEAREST_H
#define SBNN_EMBED_NEAREST_H

#include <stddef.h>

typedef struct sbnn_nearest {
  double distance; /* squared */
  size_t cell;
} sbnn_nearest;

/* The k nearest other cells of cell i of x [n x d], row-major, nearest first, equally near ones in the order
 * of the table; k < n. Time n (d + log k). */
void sbnn_nearest_find(const double *x, size_t n, size_t d, size_t i, size_t k, sbnn_nearest *near);

/* Trustworthiness of a map z [n x 2] of the cells x [n x d] (Venna and Kaski 2001): 1 less a penalty for each
 * cell that is among the k nearest on the map but not in x, by how many ranks it is too far there. 1 is
 * perfect, a random map has about 0.5. 2 k < n. Time n^2 (d + k), on `threads`; same bits for any number. */
double sbnn_trustworthiness(const double *x, size_t n, size_t d, const double *z, size_t k, int threads);

#endif
