/* table_json.h - the tables of a folder of results as JSON, checked on the way. */
#ifndef SBNN_REPORT_TABLE_JSON_H
#define SBNN_REPORT_TABLE_JSON_H

#include "report/json.h"

#include <stdbool.h>

/* A table and what the page takes from it: columns by name, with blanks between; '#' behind those of numbers.
 */
typedef struct sbnn_table_spec {
  const char *file, *key, *columns;
} sbnn_table_spec;

/* What a column must hold: each of these names at least once, and none else but `also` (NULL: none). */
typedef struct sbnn_table_check {
  const char *column;
  char *const *names;
  size_t n;
  const char *also;
} sbnn_table_check;

/* Puts {"column": [...], ...} under the table's key; nothing if there is no such table. SBNN_BAD_INPUT with
 * one sentence: not readable, a column is missing or no number, or the check (NULL: none) fails. */
int sbnn_table_put(sbnn_json *j, const char *directory, const sbnn_table_spec *spec,
                   const sbnn_table_check *check, sbnn_error *e);

/* Puts the text of run.json under "run"; nothing if there is none. SBNN_BAD_INPUT: it is no JSON. */
int sbnn_record_put(sbnn_json *j, const char *directory, sbnn_error *e);

#endif
