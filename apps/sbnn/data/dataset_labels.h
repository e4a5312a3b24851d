/* dataset_labels.h - the label part of sbnn_dataset_read. Internal to data/. */
#ifndef SBNN_DATA_DATASET_LABELS_H
#define SBNN_DATA_DATASET_LABELS_H

#include "data/dataset.h"

/* Fills the label members of d (whose cells are set) from o->labels_path; errors as in dataset.h. On failure
 * they may be set in part: sbnn_dataset_free releases them. */
int sbnn_dataset_add_labels(const sbnn_dataset_options *o, sbnn_dataset *d, sbnn_error *e);

/* Fills the members on groups from o->groups_path; cells are those that are used. SBNN_BAD_INPUT: as of labels, or
 * a cell has none. */
int sbnn_dataset_add_groups(const sbnn_dataset_options *o, sbnn_dataset *d, sbnn_error *e);

/* "#RRGGBB", or "": none given. */
bool sbnn_is_color(const char *s);

/* From a label per cell (borrowed, NULL or "": unlabelled), sets label_names, labels, n_labels and
 * overlap.labelled; and, where cell_colors is set, label_colors. What was in them before is replaced. */
void sbnn_dataset_index_labels(sbnn_dataset *d, const char *const *label_of_cell);

#endif
