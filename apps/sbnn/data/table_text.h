/* table_text.h - tables in CSV and TSV: one of table.c's readers. Internal to data/. */
#ifndef SBNN_DATA_TABLE_TEXT_H
#define SBNN_DATA_TABLE_TEXT_H

#include "data/table.h"

/* As sbnn_table_read and sbnn_labels_read, of which these are the work; `options` is not NULL. */
int sbnn_table_read_text(const char *path, const sbnn_table_options *options, sbnn_table *t, sbnn_error *e);
int sbnn_labels_read_text(const char *path, sbnn_labels *l, sbnn_error *e);

#endif
