/* table.c - which reader reads a file, and releasing tables (table.h). */
#include "data/table.h"

#include "data/ids.h"
#include "data/table_text.h"

#include <stdlib.h>

/* One line per format; the first that claims a path reads it. A new format is a new file and a line above the
 * text reader, which claims everything and names in its error the formats it knows but cannot read. */
typedef struct table_reader {
  bool (*claims)(const char *path);
  int (*read)(const char *path, const sbnn_table_options *options, sbnn_table *t, sbnn_error *e);
} table_reader;

static bool claims_anything(const char *path) { return path != NULL; }

static const table_reader readers[] = {
    {claims_anything, sbnn_table_read_text},
};

int sbnn_table_read(const char *path, const sbnn_table_options *options, sbnn_table *t, sbnn_error *e) {
  static const sbnn_table_options defaults = {0};
  const table_reader *reader = readers;
  while (!reader->claims(path)) reader++;
  *t = (sbnn_table){0};
  int code = reader->read(path, options ? options : &defaults, t, e);
  if (code != SBNN_OK) sbnn_table_free(t);
  return code;
}

void sbnn_table_free(sbnn_table *t) {
  free(t->path);
  sbnn_free_strings(t->row_ids, t->n_rows);
  sbnn_free_strings(t->col_ids, t->n_cols);
  free(t->values);
  *t = (sbnn_table){0};
}

int sbnn_labels_read(const char *path, sbnn_labels *l, sbnn_error *e) {
  *l = (sbnn_labels){0};
  int code = sbnn_labels_read_text(path, l, e);
  if (code != SBNN_OK) sbnn_labels_free(l);
  return code;
}

void sbnn_labels_free(sbnn_labels *l) {
  free(l->path);
  sbnn_free_strings(l->row_ids, l->n_rows);
  sbnn_free_strings(l->col_ids, l->n_cols);
  sbnn_free_strings(l->text, l->n_rows * l->n_cols);
  *l = (sbnn_labels){0};
}
