/* map_data.c - see map_data.h. */
#include "pictures/map_data.h"

#include "data/folds.h"
#include "figures/palette.h"

#include <stdlib.h>
#include <string.h>

/* All of a palette or none of it: a label without colour would be taken for another. */
static sbnn_color *parse_colors(char (*hex)[8], size_t n) {
  sbnn_color *color = hex && n ? sbnn_alloc(n, sizeof *color) : NULL;
  for (size_t i = 0; color && i < n; i++) {
    if (sbnn_color_parse(hex[i], &color[i])) continue;
    free(color);
    color = NULL;
  }
  return color;
}

/* Rows in the order in which their cells are drawn: at random, since tables come sorted by type and the last
 * type would hide the others; and whatever order the cells were trained in, so that `plot` draws the same. */
static size_t *drawing_order(const sbnn_dataset *d, const size_t *cells, size_t n) {
  size_t found = 0, *row = sbnn_alloc(d->n_cells, sizeof *row), *sorted = sbnn_alloc(n, sizeof *sorted);
  size_t *order = sbnn_alloc(n, sizeof *order);
  for (size_t i = 0; i < n; i++) row[cells[i]] = i + 1;
  for (size_t c = 0; c < d->n_cells; c++)
    if (row[c]) sorted[found++] = row[c] - 1;
  sbnn_permutation(0, n, order);
  for (size_t i = 0; i < n; i++) order[i] = sorted[order[i]];
  free(row);
  free(sorted);
  return order;
}

/* Cells without a colour of their own take their label's; those without a label are grey. */
static sbnn_color *cell_colors(const sbnn_dataset *d, const size_t *cells, size_t n, const size_t *order,
                               const sbnn_color *of_label, size_t named) {
  if (!d->cell_colors || !of_label) return NULL;
  sbnn_color *color = sbnn_alloc(n, sizeof *color);
  for (size_t i = 0; i < n; i++) {
    size_t cell = cells[order[i]];
    size_t label = (size_t)d->labels[cell];
    color[i] = label < named ? of_label[label] : SBNN_GREY;
    if (label < named) (void)sbnn_color_parse(d->cell_colors[cell], &color[i]);
  }
  return color;
}

sbnn_map sbnn_map_of_cells(const sbnn_dataset *d, const size_t *cells, size_t n, const double *z,
                           size_t columns, sbnn_map_data *m) {
  size_t named = sbnn_named_labels(d), *all = cells ? NULL : sbnn_alloc(n, sizeof *all);
  for (size_t i = 0; i < n && all; i++) all[i] = i;
  if (all) cells = all;
  *m = (sbnn_map_data){.order = drawing_order(d, cells, n), .z = sbnn_alloc(2 * n, sizeof *m->z)};
  for (size_t i = 0; i < n; i++) memcpy(m->z + 2 * i, z + m->order[i] * columns, 2 * sizeof *m->z);
  if (named) {
    m->label = sbnn_alloc(n, sizeof *m->label);
    for (size_t i = 0; i < n; i++) {
      int32_t label = d->labels[cells[m->order[i]]];
      m->label[i] = (size_t)label < named ? label : -1;
    }
    m->label_color = parse_colors(d->label_colors, named);
    m->cell_color = cell_colors(d, cells, n, m->order, m->label_color, named);
  }
  free(all);
  return (sbnn_map){.n = (int64_t)n,
                    .z = m->z,
                    .label = m->label,
                    .n_labels = (int)named,
                    .label_name = (const char *const *)d->label_names,
                    .label_color = m->label_color,
                    .cell_color = m->cell_color};
}

sbnn_map sbnn_map_make(const sbnn_dataset *d, const sbnn_experiment *x, sbnn_map_data *m) {
  double *z = sbnn_map_positions(x);
  sbnn_map map = sbnn_map_of_cells(d, x->train_cells, x->n_train, z, (size_t)x->bottleneck, m);
  free(z);
  return map;
}

void sbnn_map_data_free(sbnn_map_data *m) {
  free(m->order);
  free(m->z);
  free(m->label);
  free(m->label_color);
  free(m->cell_color);
  *m = (sbnn_map_data){0};
}
