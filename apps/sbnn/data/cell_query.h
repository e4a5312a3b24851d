/* cell_query.h - cells that are named by a label: "FILE:COLUMN=VALUE,VALUE". Internal to data/. Any thread. */
#ifndef SBNN_DATA_CELL_QUERY_H
#define SBNN_DATA_CELL_QUERY_H

#include "data/ids.h"
#include "sbnn.h"

#include <stdbool.h>

/* Whether the text is one: there is no file of that name, but one before its colon. */
bool sbnn_is_cell_query(const char *text);

/* Appends the ids of the cells whose label in COLUMN ("obs/donor" of .h5ad; a column of a table) is one of the
 * values, in the order of the file. SBNN_BAD_INPUT: what sbnn_labels_read says, no such column, no such cell.
 */
int sbnn_cell_query_read(const char *text, sbnn_strings *ids, sbnn_error *e);

#endif
