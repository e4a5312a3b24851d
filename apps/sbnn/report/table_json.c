/* table_json.c - see table_json.h. */
#include "report/table_json.h"

#include "output/folder.h"
#include "tables/run_json.h"

#include <stdlib.h>
#include <string.h>

enum { DIGITS = 4 };

/* ---- the check ---- */

static bool is_in(const char *name, char *const *names, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (strcmp(name, names[i]) == 0) return true;
  return false;
}

static bool is_in_column(const sbnn_tsv *t, size_t column, const char *name) {
  for (size_t i = 0; i < t->n_rows; i++)
    if (strcmp(sbnn_tsv_text(t, i, column), name) == 0) return true;
  return false;
}

static int disagree(const sbnn_tsv *t, const char *name, sbnn_error *e) {
  return sbnn_fail(
      e, SBNN_BAD_INPUT,
      "%s and overlays.tsv disagree about '%.60s': they are not of the same run; make the results again",
      t->path, name);
}

static int check_names(const sbnn_tsv *t, const sbnn_table_check *c, sbnn_error *e) {
  size_t column;
  int code = sbnn_tsv_column(t, c->column, &column, e);
  for (size_t i = 0; code == SBNN_OK && i < t->n_rows; i++) {
    const char *name = sbnn_tsv_text(t, i, column);
    if (!(c->also && strcmp(name, c->also) == 0) && !is_in(name, c->names, c->n)) code = disagree(t, name, e);
  }
  for (size_t i = 0; code == SBNN_OK && i < c->n; i++)
    if (!is_in_column(t, column, c->names[i])) code = disagree(t, c->names[i], e);
  return code;
}

/* ---- columns ---- */

static int put_column(sbnn_json *j, const sbnn_tsv *t, const char *name, bool number, sbnn_error *e) {
  size_t column;
  int code = sbnn_tsv_column(t, name, &column, e);
  if (code != SBNN_OK) return code;
  sbnn_json_open(j, name, '[');
  for (size_t i = 0; i < t->n_rows && code == SBNN_OK; i++) {
    double value = 0;
    if (number) code = sbnn_tsv_number(t, i, column, &value, e);
    if (number) sbnn_json_number(j, NULL, value, DIGITS);
    else sbnn_json_text(j, NULL, sbnn_tsv_text(t, i, column));
  }
  sbnn_json_close(j, ']');
  return code;
}

static int put_columns(sbnn_json *j, const sbnn_tsv *t, const char *columns, sbnn_error *e) {
  int code = SBNN_OK;
  while (*columns && code == SBNN_OK) {
    char name[64];
    size_t length = strcspn(columns, " "), number = columns[length - 1] == '#';
    snprintf(name, sizeof name, "%.*s", (int)(length - number), columns);
    code = put_column(j, t, name, number, e);
    columns += length + (columns[length] == ' ');
  }
  return code;
}

int sbnn_table_put(sbnn_json *j, const char *directory, const sbnn_table_spec *spec,
                   const sbnn_table_check *check, sbnn_error *e) {
  if (!sbnn_folder_has(directory, spec->file)) return SBNN_OK;
  sbnn_tsv t;
  int code = sbnn_folder_table(directory, spec->file, &t, e);
  if (code == SBNN_OK && check) code = check_names(&t, check, e);
  if (code == SBNN_OK) {
    sbnn_json_open(j, spec->key, '{');
    code = put_columns(j, &t, spec->columns, e);
    sbnn_json_close(j, '}');
  }
  sbnn_tsv_free(&t);
  return code;
}

/* ---- run.json ---- */

int sbnn_record_put(sbnn_json *j, const char *directory, sbnn_error *e) {
  if (!sbnn_folder_has(directory, "run.json")) return SBNN_OK;
  size_t n;
  char *path = sbnn_path_in(directory, "run.json"), *text = sbnn_results_text(path, &n, e);
  int code = text ? sbnn_run_json_check(path, text, e) : SBNN_BAD_INPUT;
  if (code == SBNN_OK) sbnn_json_text(j, "run", text);
  free(text);
  free(path);
  return code;
}
