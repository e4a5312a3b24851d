/* dataset_groups.c - a group for each cell, read as labels are (dataset_labels.h). */
#include "data/dataset_labels.h"

#include "data/ids.h"
#include "data/text.h"

#include <stdlib.h>
#include <string.h>

static int check_all(const sbnn_dataset *as_labels, const char *path, sbnn_error *e) {
  const size_t n = as_labels->n_cells, missing = n - as_labels->overlap.labelled;
  size_t i = 0;
  if (missing == 0) return SBNN_OK;
  while (i + 1 < n && (size_t)as_labels->labels[i] + 1 < as_labels->n_labels)
    i++; /* "unlabelled" is the last name */
  return sbnn_fail(e, SBNN_BAD_INPUT,
                   "%s: %zu of %zu cells have no group in column '%s', the first is '%s'; give each cell a "
                   "group, or leave these cells out with --cells",
                   path, missing, n, as_labels->label_column, sbnn_shown(as_labels->cell_names[i]));
}

int sbnn_dataset_add_groups(const sbnn_dataset_options *o, sbnn_dataset *d, sbnn_error *e) {
  const sbnn_dataset_options as_labels = {.labels_path = o->groups_path};
  sbnn_dataset l = {.n_cells = d->n_cells, .cell_names = sbnn_copy_strings(d->cell_names, d->n_cells)};
  int code = sbnn_dataset_add_labels(&as_labels, &l, e);
  if (code == SBNN_OK) code = check_all(&l, o->groups_path, e);
  if (code == SBNN_OK) {
    d->groups = l.labels;
    d->n_groups = l.n_labels;
    d->group_names = l.label_names;
    d->group_column = l.label_column;
    d->groups_path = sbnn_strdup(o->groups_path);
    d->groups_hash = l.overlap.labels_hash;
    l.labels = NULL;
    l.label_names = NULL;
    l.label_column = NULL;
    l.n_labels = 0;
  }
  sbnn_dataset_free(&l);
  return code;
}
