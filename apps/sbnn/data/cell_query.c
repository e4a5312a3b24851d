/* cell_query.c - see cell_query.h. */
#include "data/cell_query.h"

#include "data/readers.h"
#include "data/table_h5.h"

#include <stdlib.h>
#include <string.h>

/* FILE, COLUMN and VALUE; the column may hold colons and the value any sign. */
typedef struct query {
  char *file, *column;
  const char *value;
} query;

static bool split(const char *text, query *q) {
  const size_t n = sbnn_table_file_length(text);
  const char *equals = text[n] == ':' ? strchr(text + n, '=') : NULL;
  if (!equals) return false;
  q->file = sbnn_format("%.*s", (int)n, text);
  q->column = sbnn_format("%.*s", (int)(equals - (text + n + 1)), text + n + 1);
  q->value = equals + 1;
  return true;
}

static void free_query(query *q) {
  free(q->file);
  free(q->column);
}

bool sbnn_is_cell_query(const char *text) {
  query q;
  bool is = split(text, &q);
  if (is) free_query(&q);
  return is;
}

/* The whole list, or one of its items between commas. */
static bool is_one_of(const char *list, const char *label) {
  const size_t n = strlen(label);
  if (strcmp(list, label) == 0) return true;
  for (const char *at = list; at; at = strchr(at, ',')) {
    if (*at == ',') at++;
    if (strncmp(at, label, n) == 0 && (at[n] == ',' || at[n] == '\0')) return n > 0;
  }
  return false;
}

static int no_cell(const query *q, const sbnn_labels *l, size_t column, sbnn_error *e) {
  return sbnn_fail(e, SBNN_BAD_INPUT, "%s: no cell has '%.100s' in the column '%.60s'; the first has '%.60s'",
                   q->file, q->value, q->column, l->text[column]);
}

static int take(const query *q, const sbnn_labels *l, bool text_table, sbnn_strings *ids, sbnn_error *e) {
  const size_t before = ids->n;
  size_t column = 0; /* of a part of HDF5 it is the first */
  while (text_table && column < l->n_cols && strcmp(l->col_ids[column], q->column) != 0) column++;
  if (column == l->n_cols)
    return sbnn_fail(e, SBNN_BAD_INPUT, "%s: there is no column '%.60s'; the first is '%.60s'", q->file,
                     q->column, l->col_ids[0]);
  for (size_t i = 0; i < l->n_rows; i++)
    if (is_one_of(q->value, l->text[i * l->n_cols + column])) sbnn_strings_add(ids, l->row_ids[i]);
  return ids->n > before ? SBNN_OK : no_cell(q, l, column, e);
}

int sbnn_cell_query_read(const char *text, sbnn_strings *ids, sbnn_error *e) {
  query q;
  sbnn_labels l = {0};
  if (!split(text, &q)) return sbnn_fail(e, SBNN_BAD_INPUT, "%s: give FILE:COLUMN=VALUE", text);
  const bool parts = sbnn_h5_claims(q.file);
  char *path = parts ? sbnn_format("%s:%s", q.file, q.column) : sbnn_strdup(q.file);
  int code = sbnn_labels_read(path, &l, e);
  if (code == SBNN_OK) code = take(&q, &l, !parts, ids, e);
  sbnn_labels_free(&l);
  free(path);
  free_query(&q);
  return code;
}
